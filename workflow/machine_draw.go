package workflow

import (
	"fmt"
	"strings"
)

// arrow is a line of a drawing: what leads from one state to another.
type arrow struct {
	from, to string
	label    string
}

// arrows lists the transitions in the order of their declaration.
func (m *Machine[S, D]) arrows() (list []arrow) {
	for _, t := range m.life.Transitions {
		label := string(t.Action)
		if t.Label != "" {
			label = t.Label
		}
		var guards []string
		for _, g := range t.When {
			guards = append(guards, g.Name)
		}
		if len(guards) > 0 {
			label += " [" + strings.Join(guards, ", ") + "]"
		}
		from := t.From
		if len(from) == 0 {
			for _, s := range m.life.States {
				if !s.Final {
					from = append(from, s.Name)
				}
			}
		}
		for _, s := range from {
			to := t.To
			if t.Stay {
				to = s
			}
			list = append(list, arrow{string(s), string(to), label})
		}
	}
	return list
}

func (s State[S]) label() string {
	if s.Label != "" {
		return s.Label
	}
	return string(s.Name)
}

// Mermaid draws the life as a Mermaid state diagram.
func (m *Machine[S, D]) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	id := map[string]string{}
	for i, s := range m.life.States {
		id[string(s.Name)] = fmt.Sprint("s", i)
		fmt.Fprintf(&b, "    s%d : %s\n", i, mermaidText(s.label()))
	}
	fmt.Fprintf(&b, "    [*] --> %s\n", id[string(m.life.Initial)])
	for _, a := range m.arrows() {
		fmt.Fprintf(&b, "    %s --> %s : %s\n", id[a.from], id[a.to], mermaidText(a.label))
	}
	for _, s := range m.life.States {
		if s.Final {
			fmt.Fprintf(&b, "    %s --> [*]\n", id[string(s.Name)])
		}
	}
	return b.String()
}

// mermaidText replaces what would end a label.
func mermaidText(s string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", ":", "#58;", ";", "#59;").Replace(s)
}

// DOT draws the life for Graphviz.
func (m *Machine[S, D]) DOT() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n\trankdir=LR;\n", dotText(m.life.Name))
	for _, s := range m.life.States {
		shape := "box"
		if s.Final {
			shape = "doubleoctagon"
		}
		fmt.Fprintf(&b, "\t%s [label=%s, shape=%s];\n", dotText(string(s.Name)), dotText(s.label()), shape)
	}
	fmt.Fprintf(&b, "\t\"\" [shape=point];\n\t\"\" -> %s;\n", dotText(string(m.life.Initial)))
	for _, a := range m.arrows() {
		fmt.Fprintf(&b, "\t%s -> %s [label=%s];\n", dotText(a.from), dotText(a.to), dotText(a.label))
	}
	return b.String() + "}\n"
}

func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", "").Replace(s) + `"`
}
