// Oracle answers, for repositories on standard input, what the clients that are built on the notary
// Go library would make of them: one JSON document a line, in and out, in the same order.
//
// Nothing is judged here: client.LoadTUFRepo downloads and verifies as docker and notary do, through
// the library's own HTTP store, whose transport serves the files of the question.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/sirupsen/logrus"
	"github.com/theupdateframework/notary/client"
	"github.com/theupdateframework/notary/storage"
	"github.com/theupdateframework/notary/trustpinning"
	"github.com/theupdateframework/notary/tuf"
	"github.com/theupdateframework/notary/tuf/data"
)

// question is a collection by name, and the files that its server would give out.
type question struct {
	Gun   string            `json:"gun"`
	Files map[string][]byte `json:"files"`
}

// answer is either an error or the view of the verified collection.
type answer struct {
	Error string             `json:"error,omitempty"`
	Tags  map[string]target  `json:"tags,omitempty"`
	Roles map[string]roleSet `json:"roles,omitempty"`
}

func main() {
	logrus.SetOutput(io.Discard)
	if err := converse(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(2)
	}
}

// converse answers each question before it reads the next one, so that nobody waits for a buffer.
func converse(questions io.Reader, answers io.Writer) error {
	in := json.NewDecoder(bufio.NewReaderSize(questions, 1<<20))
	out := json.NewEncoder(answers)
	for {
		var asked question
		if err := in.Decode(&asked); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := out.Encode(judge(asked)); err != nil {
			return err
		}
	}
}

// judge verifies on first use, with nothing cached, at this moment. A panic of the library ends a
// client like an error does: it accepts nothing.
func judge(asked question) (result answer) {
	defer func() {
		if cause := recover(); cause != nil {
			result = answer{Error: fmt.Sprint("panic: ", cause)}
		}
	}()
	repository, err := load(asked)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return view(repository)
}

func load(asked question) (*tuf.Repo, error) {
	gun := data.GUN(asked.Gun)
	remote, err := storage.NewNotaryServerStore("https://"+host, gun, server(asked))
	if err != nil {
		return nil, err
	}
	repository, _, err := client.LoadTUFRepo(client.TUFLoadOptions{
		GUN:          gun,
		TrustPinning: trustpinning.TrustPinConfig{},
		Cache:        cache{},
		RemoteStore:  remote,
	})
	return repository, err
}
