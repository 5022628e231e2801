package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the server that the tests of one process have in common. Without Main to end it, it ends with the last
// test that uses it.
var shared struct {
	sync.Mutex
	server *Server
	err    error
	users  int
	held   bool // Main ends it
	opts   []Option
}

// Main runs the tests of a package and then ends the server they shared. Call it from TestMain.
func Main(m *testing.M, opts ...Option) {
	shared.Lock()
	shared.held, shared.opts = true, opts
	shared.Unlock()
	m.Run()
	shared.Lock()
	defer shared.Unlock()
	if err := closeShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// DSN returns the address of an empty database that is the test's own and is dropped when the test ends. Without a server
// the test is skipped, or fails where one is required.
func DSN(t testing.TB) string {
	t.Helper()
	s, err := use(t)
	if err != nil {
		refuse(t, err)
	}
	ctx := context.Background() // a test's own context is over when it cleans up
	dsn, drop, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(ctx); err != nil {
			t.Errorf("pgtest: drop the database: %v", err)
		}
	})
	return dsn
}

// Own starts a cluster that belongs to one test alone, to be stopped and crashed at will.
func Own(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := Start(t.Context(), append([]Option{Throwaway()}, opts...)...)
	if err != nil {
		refuse(t, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func use(t testing.TB) (*Server, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = Start(context.Background(), shared.opts...)
	}
	if shared.err != nil {
		return nil, shared.err
	}
	shared.users++
	t.Cleanup(func() {
		shared.Lock()
		defer shared.Unlock()
		shared.users--
		if shared.users == 0 && !shared.held {
			if err := closeShared(); err != nil {
				t.Error(err)
			}
		}
	})
	return shared.server, nil
}

func closeShared() error {
	if shared.server == nil {
		return nil
	}
	err := shared.server.Close()
	shared.server = nil
	return err
}

func refuse(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" || os.Getenv("TUTAS_POSTGRES") == "required" {
		t.Fatalf("PostgreSQL is required here: %v", err)
	}
	t.Skip(err)
}
