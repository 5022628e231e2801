// Command withpostgres starts a throwaway PostgreSQL from installed binaries, runs a command that finds its address in
// TUTAS_POSTGRES_DSN, and ends it:
//
//	go run ./internal/withpostgres sh -c 'go run ./examples/quickstart/durable -dsn "$TUTAS_POSTGRES_DSN"'
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/tutas/tutas/storage/postgres/pgtest"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command []string) (err error) {
	if len(command) == 0 {
		return errors.New("say what to run")
	}
	server, err := pgtest.Start(ctx, pgtest.Throwaway())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "TUTAS_POSTGRES_DSN="+server.DSN())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
