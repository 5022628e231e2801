//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

const (
	stopFast      = syscall.SIGINT
	stopImmediate = syscall.SIGQUIT
)

// An identity is the user that runs the server when we are root, which PostgreSQL refuses to serve as.
type identity struct{ uid, gid uint32 }

func runAs() (*identity, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &identity{uint32(uid), uint32(gid)}, nil
	}
	return nil, fmt.Errorf("pgtest: %w: it does not run as root, and there is no user postgres or nobody", ErrMissing)
}

func (i *identity) own(dir string) error {
	if i == nil {
		return nil
	}
	return os.Chown(dir, int(i.uid), int(i.gid))
}

func (i *identity) apply(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is ours to pass on
	if i != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: i.uid, Gid: i.gid}
	}
}
