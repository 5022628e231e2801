// Package nurture answers: who is warm enough to talk to, what do we send to the others, and when must we stop?
//
// Its three nouns:
//
//   - Sequence, a versioned course of mails, waits, tasks and branches, with the hours in which mails may leave and how many one contact may get;
//   - Enrolment, one contact on the way through one version of a sequence: active, paused, finished, or exited for a reason;
//   - Score, what a contact's events are worth now by a Model: points that halve with age, and thresholds that are reached.
//
// In use:
//
//	sales := nurture.New(db, nurture.Ports{Contacts: book, Sender: mailer, Tasks: tasks})
//	welcome, err := sales.SetSequence(ctx, nurture.SetSequence{Sequence: nurture.Sequence{Name: "welcome", Window: nurture.Office(), Steps: []nurture.Step{
//		{Do: nurture.SendMail, Template: "hello"}, {Do: nurture.Wait, Days: 3}, {Do: nurture.SendMail, Template: "a story"}}}})
//	enrolment, err := sales.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead, Key: "form/81"})
//	ended, err := sales.Tell(ctx, nurture.Tell{Contact: lead, Signal: nurture.Replied})
//	score, err := sales.Observe(ctx, nurture.Observe{Contact: lead, Event: "visit/7", Kind: "page.viewed"})
//
// # How it is built
//
// Decide takes an enrolment, a command and what is known of the contact, and answers Records; Evolve makes the enrolment of them;
// Effects says what has to follow: a mail, a task, a timer. Evaluate does the same for scores. All are pure and need no storage.
// Nurture, the service, loads, decides and stores in one transaction; timers (workflow) give each enrolment its next turn, so
// HandleTimers must be told to the ticker's Timers.
//
// # Decisions
//
// A wait of days goes by the clocks of the contact's zone: Friday 16:50 and three days are Monday 16:50, also where clocks change
// in between. Hours are of elapsed time. A wait begins when the step before it was done, not when that was planned. A contact
// without a zone is in the company's.
//
// A step only leads forward, so each is done at most once for an enrolment. A mail is known by enrolment and step: that is its
// Key, a row that exists once, and what a Sender should hand to its provider. The Sender is called in the transaction that notes
// the mail as sent. What it writes there is exactly once; what it does outside, it does again under the same Key if the
// transaction fails. A Sender that fails is asked again as every timer is, after 1, 2, 4 and 8 minutes, each time with all
// questions asked anew; then the timer is dead until Retry.
//
// Consent is asked for at the moment of sending. Without it, or without an address, the enrolment ends. An unsubscription that
// this package was told counts for all sequences, against any consent that is not younger.
//
// At equal instants commands go before timers: a reply that is stamped at the instant of a mail stops the mail, if it is known
// before the mail has left.
//
// What an outage made late is done as of now, so that mails keep to the window and to their distance; scores decay as of when they did. A
// simulation that wants each step as of when it was due says Ports.Simulated.
//
// While an enrolment is paused its waits go on. What came due meanwhile has its turn when it is resumed.
//
// An enrolment keeps the version of the sequence with which it began. One contact is in one sequence at most once at a time: to
// enrol again meanwhile answers the enrolment that there is.
//
// Points count by civil days in the company's zone. They halve per full Halve days of age, exactly; after MaxHalvings nothing is
// left. A threshold is reached when the score comes to it from below, and again only after the score was below it. Events that
// arrive late count from when they happened, for what the score is; a threshold is reached by them at the earliest now. An event
// of one ID counts once.
//
// Payloads of events name no one; addresses are not stored.
//
// It does not write or send mails, follow clicks, or know contacts: those are ports, and a host's or package tutas' to fill.
package nurture
