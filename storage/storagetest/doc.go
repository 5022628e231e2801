// Package storagetest proves that a storage backend keeps its promises.
//
// It answers one question: may a company be run on this engine? Its three nouns:
//
//   - Harness says how to open the engine under test;
//   - a case guards one sentence of package driver, and prints that sentence when it fails;
//   - a Gap is a case that a backend openly does not pass yet.
//
// Run is the whole of it:
//
//	func TestEngine(t *testing.T) {
//		storagetest.Run(t, storagetest.Harness{
//			Open: func(t *testing.T) driver.Engine { return mystore.Open(t.TempDir()) },
//		})
//	}
//
// Every case runs twice on one engine: first for a neighbouring tenant, which so comes to hold rows that look exactly
// like those to come, and then for the tenant under test. A neighbour's row that shows, or changes, fails the case.
//
// Besides, Faulty wraps an engine so that a chosen call fails, before or after it took effect, and Crash kills a
// writing process again and again and looks at what is left.
//
// TUTAS_LONG=1 makes tables larger and kills more frequent; TUTAS_SEED repeats the random cases of an earlier run.
//
// It does not measure speed, and it needs nothing but the standard library.
package storagetest
