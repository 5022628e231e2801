package ledger

import "time"

// HoldState is how far a hold has come.
type HoldState string

// The states of holds.
const (
	HoldOpen    HoldState = "open"
	HoldPosted  HoldState = "posted"
	HoldVoid    HoldState = "void"
	HoldExpired HoldState = "expired"
)

var holdStates = []HoldState{HoldOpen, HoldPosted, HoldVoid, HoldExpired}

// Held is a hold.
type Held struct{}

// never is when a hold expires that does not.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
