package tutas_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tutas/tutas"

// floors is the house: a package imports only from floors below its own. Floor 1a is written 10, 1b is 15.
var floors = map[string]int{
	"storage/driver": 0, "ledger/money": 0, "ledger/date": 0,
	"storage":                  10,
	"storage/internal/sqltext": 12, "storage/postgres/pgtest": 12, "storage/backend": 12, "storage/storagetest": 13, // what the engines of 1b stand on
	"storage/memory": 15, "storage/sqlite": 15, "storage/postgres": 15,
	"storage/event": 20,
	"ledger":        30, "workflow": 30, "crm/party": 30,
	"ledger/journal": 35, "workflow/approval": 35,
	"crm/contact": 40, "crm/activity": 40, "crm/pipeline": 40, "crm/nurture": 40,
	"erp/catalog": 50, "erp/tax": 50, "erp/people": 50,
	"erp":       55,
	"erp/sales": 60, "erp/billing": 60, "erp/purchase": 60, "erp/expense": 60, "erp/project": 60,
	"erp/planning": 60, "erp/stock": 60, "erp/cost": 60,
	"erp/insight": 70,
	".":           80,
}

// above holds the folders of modules that stand on the roof: nothing below may import them, and how they are built inside is their affair.
var above = []string{"examples", "internal"}

// check names what is wrong with packages (folder to imports, both relative to the module), sorted.
func check(packages map[string][]string) (faults []string) {
	roof := func(p string) bool { return slices.Contains(above, strings.Split(p, "/")[0]) }
	for pkg, imports := range packages {
		if roof(pkg) {
			continue
		}
		floor, ok := floors[pkg]
		switch {
		case strings.Count(pkg, "/") > 1 && pkg != "storage/internal/sqltext" && pkg != "storage/postgres/pgtest":
			faults = append(faults, pkg+" is deeper than two levels")
			continue
		case !ok:
			faults = append(faults, pkg+" stands on no floor")
			continue
		}
		for _, imp := range imports {
			if to, ok := floors[imp]; roof(imp) || !ok {
				faults = append(faults, fmt.Sprintf("%s imports %s, which stands on no floor below", pkg, imp))
			} else if to >= floor && imp != pkg {
				faults = append(faults, fmt.Sprintf("%s (floor %d) imports %s (floor %d)", pkg, floor, imp, to))
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// read collects the imports of our own packages, those of external test packages excepted: they may use the whole house.
func read(t *testing.T) map[string][]string {
	packages := map[string][]string{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (name[0] == '.' || name == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil || strings.HasSuffix(name, "_test.go") && strings.HasSuffix(f.Name.Name, "_test") {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(file))
		imports := packages[pkg]
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if rest, ours := strings.CutPrefix(imp, module); ours && (rest == "" || rest[0] == '/') {
				imports = append(imports, path.Clean("./"+rest))
			}
		}
		packages[pkg] = imports
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func TestEachPackageImportsOnlyFromTheFloorsBelow(t *testing.T) {
	packages := read(t)
	if _, ok := packages["ledger/money"]; !ok {
		t.Fatal("found no packages: is this the root of the repository?")
	}
	for _, fault := range check(packages) {
		t.Error(fault)
	}
}

func TestTheFloorsCheckFindsWhatIsWrong(t *testing.T) {
	for want, packages := range map[string]map[string][]string{
		"":                         {"ledger": {"ledger/money", "storage/event"}, "examples/shop": {".", "examples/shop/data"}},
		"ledger (floor 30)":        {"ledger": {"workflow"}},
		"ledger/money (floor 0)":   {"ledger/money": {"ledger/date"}},
		"storage (floor 10)":       {"storage": {"erp/billing"}},
		"below":                    {"erp": {"internal/isogen"}},
		"erp/util stands on no":    {"erp/util": nil},
		"is deeper than two":       {"erp/sales/quote": nil},
		"crm stands on no floor":   {"crm": {"crm/party"}},
		"imports erp/nowhere":      {".": {"erp/nowhere"}},
		"imports . (floor 80)":     {"erp/insight": {"."}},
		"storage/sqlite (floor 15": {"storage/sqlite": {"storage/memory"}},
	} {
		faults := check(packages)
		if want == "" && len(faults) != 0 || want != "" && (len(faults) != 1 || !strings.Contains(faults[0], want)) {
			t.Errorf("%v gives %q, want %q", packages, faults, want)
		}
	}
}

func TestTheCoreModuleRequiresThreeModules(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	for line := range strings.Lines(string(mod)) {
		f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(f) >= 2 && strings.Contains(f[0], ".") && !strings.Contains(line, "// indirect") {
			direct = append(direct, f[0])
		}
	}
	slices.Sort(direct)
	want := []string{"github.com/google/uuid", "github.com/shopspring/decimal", "github.com/stretchr/testify"}
	if !slices.Equal(direct, want) {
		t.Errorf("go.mod requires directly %q, want %q", direct, want)
	}
}

// A module builds alone, outside the workspace, only if its go.sum knows what its go.mod requires.
func TestEveryModuleHasTheSumsOfWhatItRequires(t *testing.T) {
	for _, dir := range []string{"", "storage/sqlite/", "storage/postgres/", "internal/"} {
		mod, err := os.ReadFile(dir + "go.mod")
		if err != nil {
			t.Fatal(err)
		}
		sum, err := os.ReadFile(dir + "go.sum")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(mod)) {
			f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
			if len(f) < 2 || !strings.Contains(f[0], ".") || !strings.HasPrefix(f[1], "v") || strings.HasPrefix(f[0], "github.com/tutas/") {
				continue
			}
			if !strings.Contains(string(sum), f[0]+" "+f[1]) {
				t.Errorf("%sgo.sum does not know %s %s", dir, f[0], f[1])
			}
		}
	}
}
