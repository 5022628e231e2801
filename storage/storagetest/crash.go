package storagetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// CrashOptions says how Crash starts its child, how it kills, and how it opens what is left.
type CrashOptions struct {
	// Open opens the store under test in the parent, to fill it at first and to look at it after each kill. It must be
	// the same store that the child opens.
	Open func(t *testing.T) driver.Engine
	// Child returns the command of the child: this test binary itself, so told by arguments and environment that it
	// comes to CrashChild. Its standard output is Crash's.
	Child func(t *testing.T) *exec.Cmd
	// Kill, instead of killing the child, brings down what the child writes to (a database server, say), and brings it
	// up again. The child is expected to end by itself then, or is killed after a minute. Nil sends the child a SIGKILL.
	Kill func(t *testing.T)
	// Kills is how often; 0 is 5 times, or 50 with TUTAS_LONG=1.
	Kills int
	// Most is how many transfers a child may get acknowledged before it is killed; the number is random from 0 on. 0 is 60.
	Most int
	// Seed makes the random numbers; 0 is that of TUTAS_SEED, or a new one.
	Seed uint64
}

// CrashRun is the environment variable that tells a test binary it is Crash's child; its value is the run's name.
const CrashRun = "TUTAS_CRASH_RUN"

// Crash has a child process write keyed transfers and acknowledge each on its standard output once it is committed,
// kills it after a random number of acknowledgements, opens the store again, and looks: every acknowledged transfer is
// there exactly once, every other at most once, no money came or went, every balance is the sum of its transfers, and
// the numbers are 1..n. Then it does so again, on the same store.
func Crash(t *testing.T, o CrashOptions) {
	t.Helper()
	if o.Kills == 0 {
		o.Kills = 5
		if Long() {
			o.Kills = 50
		}
	}
	if o.Most == 0 {
		o.Most = 60
	}
	if o.Seed == 0 {
		o.Seed = Seed(t)
	}
	rnd := rand.New(rand.NewPCG(o.Seed, 0))
	e := o.Open(t)
	if err := fillBank(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	close := func() {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close()
	acknowledged := map[string]bool{}
	for i := range o.Kills {
		n := rnd.IntN(o.Most)
		// A little later than the acknowledgement itself, so as to meet every stage of the next transaction.
		late := time.Duration(rnd.Int64N(int64(5 * time.Millisecond)))
		got, err := o.round(t, fmt.Sprintf("%d-%d", o.Seed, i), n, late)
		if err != nil {
			t.Fatalf("kill %d: %v", i+1, err)
		}
		for _, key := range got {
			if acknowledged[key] {
				t.Fatalf("kill %d: %s was acknowledged twice", i+1, key)
			}
			acknowledged[key] = true
		}
		e = o.Open(t)
		total, err := checkBank(t.Context(), e, acknowledged)
		close()
		if err != nil {
			t.Fatalf("after kill %d (seed %d): %v", i+1, o.Seed, err)
		}
		t.Logf("kill %d of %d: after %d acknowledgements (%d came); %d transfers in all, %d of them acknowledged",
			i+1, o.Kills, n, len(got), total, len(acknowledged))
	}
	if len(acknowledged) == 0 {
		t.Fatal("no child got anything done")
	}
}

// round starts a child, kills a moment after n transfers are acknowledged, and returns all that were.
func (o CrashOptions) round(t *testing.T, run string, n int, late time.Duration) (keys []string, err error) {
	cmd := o.Child(t)
	cmd.Env = append(cmd.Environ(), CrashRun+"="+run)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = cmd.Process.Kill() }()
	lines := bufio.NewReader(out)
	killed, ready := false, false
	for {
		if ready && !killed && len(keys) >= n {
			killed = true
			<-time.After(late)
			if o.Kill == nil {
				if err := cmd.Process.Kill(); err != nil {
					return nil, err
				}
			} else {
				o.Kill(t)
				patience := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
				defer patience.Stop()
			}
		}
		// What the child wrote before it died is in the pipe, and counts; a line without an end was not said.
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, os.ErrClosed) {
			return nil, err
		}
		line = strings.TrimSpace(line)
		switch {
		case line == readyLine:
			ready = true
		case strings.HasPrefix(line, doneLine):
			keys = append(keys, strings.TrimPrefix(line, doneLine))
		}
	}
	_ = cmd.Wait() // it was killed, or failed for want of a server
	if !killed {
		return nil, fmt.Errorf("the child ended by itself after %d transfers:\n%s", len(keys), complaints.String())
	}
	return keys, nil
}
