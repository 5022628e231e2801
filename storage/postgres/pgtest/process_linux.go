package pgtest

import "os/exec"

// endWithParent has the kernel stop the server when we are killed and can no longer do it.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = stopImmediate }
