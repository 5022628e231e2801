package postgres

import (
	"strings"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// Row-level security is a second belt: every statement names its tenant anyway. The policies hold for the owner of the tables
// too, but for no superuser and no role with BYPASSRLS.
//
// A session that never said whose it is sees nothing but the rows of the tenant "", which are the store's own: once a transaction has
// set app.tenant, PostgreSQL keeps it as an empty text rather than none.

const (
	tenantSetting = "app.tenant"
	acrossSetting = "app.across"
	tenantPolicy  = "tutas_tenant"
	acrossPolicy  = "tutas_across"
)

// identify queues the settings by which the policies know the transaction.
func (t *tx) identify() {
	if !t.engine.secure {
		return
	}
	// A distributed engine passes on the settings of a transaction only if told to, and only as literals.
	t.control("SET LOCAL citus.propagate_set_commands = 'local'")
	if t.across {
		t.control("SET LOCAL " + acrossSetting + " = 'on'")
		return
	}
	t.queue = append(t.queue, stmt{sql: "SET LOCAL " + tenantSetting + " = " + literal(t.tenant), once: true})
}

// literal spells a text so that it means the same whatever standard_conforming_strings says.
func literal(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		quoted = "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// secureSQL returns the statements that put a table under the policies.
func (e *Engine) secureSQL(t *driver.Table) []string {
	name := e.d.Table(t.Name)
	ours := e.d.Quote(sqltext.Tenant) + " = current_setting('" + tenantSetting + "', true)"
	return []string{
		"DROP POLICY IF EXISTS " + tenantPolicy + " ON " + name,
		"CREATE POLICY " + tenantPolicy + " ON " + name + " USING (" + ours + ") WITH CHECK (" + ours + ")",
		"DROP POLICY IF EXISTS " + acrossPolicy + " ON " + name,
		"CREATE POLICY " + acrossPolicy + " ON " + name + " FOR SELECT USING (current_setting('" + acrossSetting + "', true) = 'on')",
		"ALTER TABLE " + name + " ENABLE ROW LEVEL SECURITY",
		"ALTER TABLE " + name + " FORCE ROW LEVEL SECURITY",
	}
}
