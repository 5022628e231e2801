// Command release packs all modules of this repository at one version, as a module proxy serves them:
//
//	go run ./internal/release -version v0.1.0 -proxy dist/proxy   # then GOPROXY=file://$PWD/dist/proxy,…
//	go run ./internal/release -example >main.go                   # the README's five lines as a program
//
// The modules are tagged in step: a nested module requires the core at its own version.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// folders holds each module that is released, the core first.
var folders = []string{".", "storage/sqlite", "storage/postgres"}

func main() {
	root := flag.String("root", ".", "the repository")
	version := flag.String("version", "v0.1.0", "the version of all modules")
	proxy := flag.String("proxy", "", "folder to fill")
	example := flag.Bool("example", false, "print the README's example as a program")
	flag.Parse()
	err := error(nil)
	switch {
	case *example:
		err = printExample(*root)
	case *proxy == "":
		err = fmt.Errorf("say where with -proxy")
	default:
		for _, f := range folders {
			if err == nil {
				err = pack(filepath.Join(*root, f), *version, *proxy)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pack writes one module's list, info, mod and zip.
func pack(dir, version, proxy string) error {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	path := modfile.ModulePath(mod)
	if err := inStep(dir, mod, version); err != nil {
		return err
	}
	escaped, err := module.EscapePath(path)
	if err != nil {
		return err
	}
	to := filepath.Join(proxy, escaped, "@v")
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	info, err := json.Marshal(map[string]string{"Version": version})
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": mod} {
		if err := os.WriteFile(filepath.Join(to, name), content, 0o644); err != nil {
			return err
		}
	}
	out, err := os.Create(filepath.Join(to, version+".zip"))
	if err != nil {
		return err
	}
	if err := zip.CreateFromDir(out, module.Version{Path: path, Version: version}, dir); err != nil {
		return err
	}
	return out.Close()
}

// inStep refuses a module that requires another of ours at another version.
func inStep(dir string, mod []byte, version string) error {
	f, err := modfile.Parse(filepath.Join(dir, "go.mod"), mod, nil)
	if err != nil {
		return err
	}
	for _, r := range f.Require {
		if strings.HasPrefix(r.Mod.Path, "github.com/tutas/tutas") && r.Mod.Version != version {
			return fmt.Errorf("%s requires %s %s, not %s", dir, r.Mod.Path, r.Mod.Version, version)
		}
	}
	return nil
}

// printExample turns the first go block of the README into a program.
func printExample(root string) error {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return err
	}
	_, rest, ok := strings.Cut(string(readme), "```go\n")
	code, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		return fmt.Errorf("the README has no go block")
	}
	fmt.Print("package main\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\n\t\"github.com/tutas/tutas\"\n\t\"github.com/tutas/tutas/crm/pipeline\"\n" +
		"\t\"github.com/tutas/tutas/ledger/money\"\n\t\"github.com/tutas/tutas/storage\"\n\t\"github.com/tutas/tutas/storage/memory\"\n)\n\n" +
		"func main() {\n\tctx := context.Background()\n\t" + strings.ReplaceAll(strings.TrimRight(code, "\n"), "\n", "\n\t") + "\n}\n")
	return nil
}
