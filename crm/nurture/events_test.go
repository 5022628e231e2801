package nurture_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
)

func TestThePayloadOfEventsIsAsItWas(t *testing.T) {
	for name, payload := range map[string]any{
		"enrolment.1.json": nurture.Happened{Sequence: "welcome", Edition: 2, Contact: lead, Origin: storage.Ref{Kind: "host.form", ID: "81"},
			State: nurture.Exited, Step: "first", Next: "second", Due: instant("2026-03-09T20:50:00Z"), Reason: nurture.Replied},
		"score.1.json": nurture.Reached{Model: "interest", Contact: lead, Threshold: "warm", Points: dec("27.5"), At: instant("2026-01-31T12:00:00Z")},
	} {
		got, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil || strings.TrimSpace(string(want)) != string(got) {
			t.Errorf("%s: the payload is now %s, %v", name, got, err)
		}
	}
}
