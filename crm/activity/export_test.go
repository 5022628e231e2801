package activity

// The tables, for tests that look into them.
var (
	TaskLife     = taskLife
	HandoverLife = handoverLife
)
