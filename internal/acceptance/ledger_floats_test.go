package acceptance_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// No exported function, type, variable or constant of the packages that reckon with money speaks of a floating-point number.
func TestLTC7NoFloatInAnySignature(t *testing.T) {
	for _, dir := range []string{"ledger", "ledger/money", "ledger/date", "ledger/journal"} {
		t.Run("LT-C7 "+dir, func(t *testing.T) {
			files := token.NewFileSet()
			list, err := filepath.Glob("../../" + dir + "/*.go")
			require.NoError(t, err)
			seen := 0
			for _, name := range list {
				if strings.HasSuffix(name, "_test.go") {
					continue
				}
				f, err := parser.ParseFile(files, name, nil, 0)
				require.NoError(t, err)
				for _, d := range f.Decls {
					seen += exact(t, files, d)
				}
			}
			require.Greater(t, seen, 5)
		})
	}
}

// exact looks at what a declaration exports, and counts it.
func exact(t *testing.T, files *token.FileSet, d ast.Decl) (n int) {
	look := func(name *ast.Ident, nodes ...ast.Node) {
		if !name.IsExported() {
			return
		}
		n++
		for _, node := range nodes {
			ast.Inspect(node, func(x ast.Node) bool {
				if id, ok := x.(*ast.Ident); ok && (strings.HasPrefix(id.Name, "float") || strings.HasPrefix(id.Name, "complex")) {
					t.Errorf("%s: %s speaks of %s", files.Position(id.Pos()), name.Name, id.Name)
				}
				return true
			})
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		look(d.Name, d.Type)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				look(s.Name, s.Type)
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if s.Type != nil {
						look(name, s.Type)
					}
				}
			}
		}
	}
	return n
}
