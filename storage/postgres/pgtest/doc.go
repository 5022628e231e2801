// Package pgtest gives a test or a program a real PostgreSQL.
//
// It answers one question: which server may I use, and who cleans up after me? It knows three nouns:
//
//   - Server is a running PostgreSQL: one you named in TUTAS_POSTGRES_DSN, or a throwaway cluster made from the
//     binaries that are installed;
//   - DSN gives a test an empty database of its own;
//   - Main ends the cluster that the tests of a package shared.
//
// In a test:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestBooks(t *testing.T) {
//		pool, err := pgxpool.New(t.Context(), pgtest.DSN(t))
//		...
//	}
//
// Where no server can be had the test is skipped, with a line that says what is missing. Where the environment
// variable CI is set, or TUTAS_POSTGRES is "required", it fails instead.
//
// A throwaway cluster listens on a socket in its own directory, trusts everyone who can reach that, and dies with the
// process that started it. Started by root, it runs as the user postgres or nobody.
//
// It does not download or install a server, and is no way to run one in production.
package pgtest
