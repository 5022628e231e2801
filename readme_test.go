package tutas_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheReadmeShowsTheExample(t *testing.T) {
	_, rest, ok := strings.Cut(text(t, "README.md"), "```go\n")
	require.True(t, ok, "no go block in the README")
	block, _, ok := strings.Cut(rest, "```")
	require.True(t, ok, "the go block has no end")
	_, rest, ok = strings.Cut(text(t, "example_tutas_test.go"), "\nfunc Example() {\n\tctx := context.Background()\n\n")
	require.True(t, ok, "the Example does not begin with its context")
	body, _, ok := strings.Cut(rest, "\t// Output:")
	require.True(t, ok, "the Example has no output")
	require.Equal(t, strings.ReplaceAll("\n"+body, "\n\t", "\n"), "\n"+block)
	require.Equal(t, 5, strings.Count(block, "\n"), "lines")
}

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}
