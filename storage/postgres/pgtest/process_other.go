//go:build !linux

package pgtest

import "os/exec"

// endWithParent does nothing where the kernel offers no such thing: a server whose parent was killed stays.
func endWithParent(*exec.Cmd) {}
