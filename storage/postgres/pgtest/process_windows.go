package pgtest

import (
	"os"
	"os/exec"
)

// Windows knows one way to stop a process that is not ours to talk to, so both modes are a crash.
var (
	stopFast      = os.Kill
	stopImmediate = os.Kill
)

type identity struct{}

func runAs() (*identity, error)    { return nil, nil }
func (*identity) own(string) error { return nil }
func (*identity) apply(*exec.Cmd)  {}
