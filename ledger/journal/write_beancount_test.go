package journal_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

// Journals of the other formats, as we write them for beancount, are read by it with the same balances under the new names. What it has no
// form for is refused: an account of no type, a posting that need not balance.
func TestOtherJournalsAreWrittenForBeancount(t *testing.T) {
	dir, list := journals(t)
	tool(t, "bean-check")
	written, asked := 0, 0
	for _, e := range list {
		if e.Count > 500 {
			continue
		}
		j, err := journal.Read(t.Context(), os.DirFS(dir), e.File, journal.Options{Format: journal.Ledger})
		require.NoError(t, err)
		var text bytes.Buffer
		if err := journal.Write(&text, j, journal.Beancount); err != nil {
			require.ErrorIs(t, err, journal.ErrWrite, e.File)
			continue
		}
		back, err := journal.Parse(text.String(), journal.Options{Format: journal.Beancount})
		require.NoError(t, err, "%s\n%s", e.File, text.String())
		require.NoError(t, back.Check(), e.File)
		require.Len(t, back.Balances().Rows(), len(j.Balances().Rows()), e.File)
		if written++; written%10 == 0 {
			file := t.TempDir() + "/main.beancount"
			require.NoError(t, os.WriteFile(file, text.Bytes(), 0o600))
			require.Equal(t, figures(back.Balances().Rows()), beancountSays(t, file), e.File)
			asked++
		}
	}
	require.GreaterOrEqual(t, written, 50)
	require.GreaterOrEqual(t, asked, 5)
}
