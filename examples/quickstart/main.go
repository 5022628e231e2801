// Command quickstart plays ten months of a hardware seller, 8,800 real opportunities, on the memory engine and prints what they came to.
//
//	go run ./examples/quickstart        one screen
//	go run ./examples/quickstart -v     also by department, cost centre, agent and customer
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/tutas/tutas/examples/quickstart/seller"
	"github.com/tutas/tutas/storage/memory"
)

func main() {
	verbose := flag.Bool("v", false, "print every table")
	flag.Parse()
	began := time.Now()
	fmt.Fprintln(os.Stderr, "engine: memory")
	if err := seller.Run(context.Background(), memory.New(), seller.Output{Report: os.Stdout, Progress: os.Stderr, Verbose: *verbose}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "done in %.1f s\n", time.Since(began).Seconds())
}
