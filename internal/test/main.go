// Command test runs the tests of all modules of this repository with plain go, and says at the end how many ran, what failed, and what was
// skipped and why:
//
//	go run ./internal/test            all tests
//	go run ./internal/test -race      the same, with any flags of go test
//	go run ./internal/test -run Once ./storage/...
//
// Where CI is set in the environment, a skipped test fails the run.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// modules are the patterns that together name every package.
var modules = []string{"./...", "./storage/sqlite/...", "./storage/postgres/...", "./examples/...", "./internal/...", "./internal/peers/..."}

// line is one event of go test -json.
type line struct {
	Action, Package, Test, Output string
	ImportPath                    string
}

// tally is what the run came to.
type tally struct {
	passed, failed, skipped int
	reasons                 map[string]int // why tests were skipped
	output                  map[string][]string
}

func main() {
	args := append([]string{"test", "-json"}, os.Args[1:]...)
	if !slices.ContainsFunc(os.Args[1:], func(a string) bool { return strings.HasPrefix(a, "./") }) {
		args = append(args, modules...)
	}
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	t := tally{reasons: map[string]int{}, output: map[string][]string{}}
	t.read(out)
	err = cmd.Wait()
	t.report()
	if t.skipped > 0 && os.Getenv("CI") != "" {
		fmt.Println("in CI nothing may be skipped")
		os.Exit(1)
	}
	if err != nil || t.failed > 0 {
		os.Exit(1)
	}
}

func (t *tally) read(r io.Reader) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var l line
		if json.Unmarshal(in.Bytes(), &l) != nil {
			fmt.Println(in.Text())
			continue
		}
		t.take(l)
	}
}

func (t *tally) take(l line) {
	key := l.Package + " " + l.Test
	switch l.Action {
	case "build-output":
		fmt.Print(l.Output)
	case "output":
		t.output[key] = append(t.output[key], l.Output)
	case "pass", "fail", "skip":
		t.end(l, key)
		delete(t.output, key)
	}
}

// end counts a test that is over, and shows what a failed one printed.
func (t *tally) end(l line, key string) {
	if l.Action == "fail" {
		fmt.Print(strings.Join(t.output[key], ""))
	}
	if l.Test == "" {
		if l.Action != "skip" { // a package without tests says nothing
			fmt.Printf("%-4s %s\n", l.Action, l.Package)
		}
		if l.Action == "fail" && t.failed == 0 {
			t.failed++ // it did not compile, or ended outside a test
		}
		return
	}
	switch l.Action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
	case "skip":
		t.skipped++
		t.reasons[reason(t.output[key])]++
	}
}

// reason finds what a skipped test said, without the place in the source.
func reason(output []string) string {
	for _, o := range output {
		o = strings.TrimSpace(o)
		if o == "" || strings.HasPrefix(o, "===") || strings.HasPrefix(o, "---") {
			continue
		}
		if _, text, ok := strings.Cut(o, ".go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				return text
			}
		}
		return o
	}
	return "no reason given"
}

func (t *tally) report() {
	why := make([]string, 0, len(t.reasons))
	for r := range t.reasons {
		why = append(why, r)
	}
	slices.Sort(why)
	for _, r := range why {
		fmt.Printf("skipped %d: %s\n", t.reasons[r], r)
	}
	if t.skipped > 0 {
		fmt.Println("(a throwaway PostgreSQL is started from installed binaries, or TUTAS_POSTGRES_DSN names a server)")
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
}
