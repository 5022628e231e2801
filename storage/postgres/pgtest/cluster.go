package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"
)

// startWithin is how long a server may take until it accepts connections; recovering after a crash is part of it.
const startWithin = time.Minute

// A cluster is a directory with data and, while it runs, the process that serves them.
type cluster struct {
	bin      string
	dir      string
	socket   bool
	port     int
	settings []string
	who      *identity // nil: as ourselves
	process  *exec.Cmd
	done     chan struct{}
}

// newCluster makes the data directory; it does not start the server.
func newCluster(ctx context.Context, settings []string) (_ *cluster, err error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	who, err := runAs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tutas-pg-")
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, dir: dir, settings: settings, who: who, port: 5432}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.remove())
		}
	}()
	if err := who.own(dir); err != nil {
		return nil, err
	}
	// The address of a Unix socket holds about a hundred bytes.
	c.socket = runtime.GOOS != "windows" && len(dir) < 80
	if !c.socket {
		if c.port, err = freePort(); err != nil {
			return nil, err
		}
	}
	initdb := c.command(ctx, "initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pgtest: initdb: %w: %s", err, lastLine(out))
	}
	return c, nil
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) dsn() string {
	if c.socket {
		return "postgres:///postgres?user=postgres&sslmode=disable&host=" + url.QueryEscape(c.dir)
	}
	return "postgres://postgres@127.0.0.1:" + strconv.Itoa(c.port) + "/postgres?sslmode=disable"
}

func (c *cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC", "PGDATA=", "HOME="+c.dir)
	c.who.apply(cmd)
	return cmd
}

// start runs the server as a child rather than through pg_ctl, which would let go of it: so it ends when we do.
func (c *cluster) start(ctx context.Context) error {
	args := []string{"-D", c.data(), "-p", strconv.Itoa(c.port), "-c", "max_connections=200", "-c", "timezone=UTC"}
	if c.socket {
		args = append(args, "-k", c.dir, "-c", "listen_addresses=")
	} else {
		args = append(args, "-h", "127.0.0.1", "-c", "unix_socket_directories=")
	}
	for _, s := range c.settings {
		args = append(args, "-c", s)
	}
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := c.command(context.WithoutCancel(ctx), "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("pgtest: start the server: %w", err)
	}
	c.process, c.done = cmd, make(chan struct{})
	go func(done chan struct{}) {
		_ = cmd.Wait() // how it ended is in the log
		close(done)
	}(c.done)
	return nil
}

// await asks until the server answers, ends, or has had its time.
func (c *cluster) await(ctx context.Context, ping func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.done:
			c.process = nil
			out, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("pgtest: the server ended while starting: %s", lastLine(out))
		case <-ctx.Done():
			return errors.Join(err, c.stop("immediate"))
		case <-tick.C:
		}
	}
}

func (c *cluster) stop(mode string) error {
	signal, ok := map[string]os.Signal{"fast": stopFast, "immediate": stopImmediate}[mode]
	if !ok {
		return fmt.Errorf("pgtest: stop: mode %q is neither fast nor immediate", mode)
	}
	if c.process == nil {
		return nil
	}
	err := c.process.Process.Signal(signal)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	if err == nil {
		<-c.done
		c.process = nil
	}
	return err
}

func (c *cluster) remove() error { return os.RemoveAll(c.dir) }

// findBinaries looks for a folder that holds both programs we need; of several the newest version wins.
func findBinaries() (string, error) {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		// Through a link we find the folder where the server's other programs live.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/usr/local/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		sort.Sort(sort.Reverse(sort.StringSlice(found)))
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if isProgram(filepath.Join(dir, "initdb")) && isProgram(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("pgtest: %w: TUTAS_POSTGRES_DSN is not set and no initdb with postgres beside it was found", ErrMissing)
}

func isProgram(path string) bool {
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func lastLine(out []byte) string {
	out = bytes.TrimSpace(out)
	return string(out[bytes.LastIndexByte(out, '\n')+1:])
}
