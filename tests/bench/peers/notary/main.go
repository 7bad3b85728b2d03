// Times the builder of notary 0.7, the part of the original client that verifies, over the
// repositories of a pack (tests/bench/pack.py), and prints one JSON document.
//
//	notary PACK THREADS PASSES MOST
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/theupdateframework/notary/trustpinning"
	"github.com/theupdateframework/notary/tuf"
	"github.com/theupdateframework/notary/tuf/data"
)

type file struct {
	role data.RoleName
	text []byte
}

type repository struct {
	gun   data.GUN
	files []file
}

func readBytes(in io.Reader, size uint64) []byte {
	out := make([]byte, size)
	if _, err := io.ReadFull(in, out); err != nil {
		panic(err)
	}
	return out
}

func readNumber(in io.Reader) uint32 {
	return binary.LittleEndian.Uint32(readBytes(in, 4))
}

func readPack(path string, most int) (out []repository) {
	opened, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer opened.Close()
	in := bufio.NewReader(opened)
	for {
		if _, err := in.Peek(1); err != nil || len(out) == most {
			return out
		}
		gun := readBytes(in, uint64(readNumber(in)))
		one := repository{gun: data.GUN(gun)}
		for count := readNumber(in); count > 0; count-- {
			role := readBytes(in, uint64(readNumber(in)))
			size := binary.LittleEndian.Uint64(readBytes(in, 8))
			one.files = append(one.files, file{data.RoleName(role), readBytes(in, size)})
		}
		out = append(out, one)
	}
}

// Loads the files in the order of the original client, which trusts the first root that it sees.
func verify(one repository) error {
	builder := tuf.NewRepoBuilder(one.gun, nil, trustpinning.TrustPinConfig{})
	load := func(wanted func(data.RoleName) bool) error {
		for _, file := range one.files {
			if !wanted(file.role) {
				continue
			}
			if err := builder.Load(file.role, file.text, 1, false); err != nil {
				return fmt.Errorf("%s: %s: %w", one.gun, file.role, err)
			}
		}
		return nil
	}
	for _, role := range []data.RoleName{"root", "timestamp", "snapshot", "targets"} {
		if err := load(func(name data.RoleName) bool { return name == role }); err != nil {
			return err
		}
	}
	return load(func(name data.RoleName) bool { return strings.HasPrefix(string(name), "targets/") })
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) * 1e-9
}

func verifyAll(repositories []repository, threads int) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for ; threads > 0; threads-- {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := next.Add(1) - 1; int(i) < len(repositories); i = next.Add(1) - 1 {
				if err := verify(repositories[i]); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
			}
		}()
	}
	workers.Wait()
}

func main() {
	threads, _ := strconv.Atoi(os.Args[2])
	passes, _ := strconv.Atoi(os.Args[3])
	runtime.GOMAXPROCS(threads)
	most, _ := strconv.Atoi(os.Args[4])
	repositories := readPack(os.Args[1], most)
	figures := struct {
		CPU          []float64 `json:"cpu"`
		Wall         []float64 `json:"wall"`
		Repositories int       `json:"repositories"`
	}{Repositories: len(repositories)}
	for ; passes > 0; passes-- {
		start, before := time.Now(), cpuSeconds()
		verifyAll(repositories, threads)
		figures.CPU = append(figures.CPU, cpuSeconds()-before)
		figures.Wall = append(figures.Wall, time.Since(start).Seconds())
	}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		panic(err)
	}
}
