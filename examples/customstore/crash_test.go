package customstore_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tutas/tutas/examples/customstore"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/storagetest"
)

// crashFile tells the child which file to write to.
const crashFile = "TUTAS_CRASH_FILE"

func TestAKilledProcessLosesNothingItAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "company.bolt")
	storagetest.Crash(t, storagetest.CrashOptions{
		Open: func(t *testing.T) driver.Engine {
			s, err := customstore.Open(path, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Child: func(t *testing.T) *exec.Cmd {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$")
			cmd.Env = append(os.Environ(), crashFile+"="+path)
			return cmd
		},
	})
}

// TestCrashChild is the process that is killed; in a run of the tests it has nothing to do.
func TestCrashChild(t *testing.T) {
	if os.Getenv(storagetest.CrashRun) == "" {
		return
	}
	s, err := customstore.Open(os.Getenv(crashFile), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(storagetest.CrashChild(t.Context(), s))
}
