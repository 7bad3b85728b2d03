// Lists what BuildKit's own parser finds in Dockerfiles: one JSON question a line, one answer a line.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

type question struct {
	Text      []byte            `json:"text"`
	BuildArgs map[string]string `json:"build_args"`
}

type use struct {
	What string `json:"what"`
	Name string `json:"name"`
	Line int    `json:"line"`
}

type answer struct {
	Error  string   `json:"error,omitempty"`
	Syntax string   `json:"syntax"`
	Stages []string `json:"stages"`
	Images []use    `json:"images"`
}

func main() {
	questions := bufio.NewReaderSize(os.Stdin, 1<<20)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := questions.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		answers.Encode(answered(asked))
	}
}

func answered(asked question) (found answer) {
	found = answer{Stages: []string{}, Images: []use{}}
	if syntax, _, _, ok := parser.DetectSyntax(asked.Text); ok {
		found.Syntax = syntax
	}
	if err := found.read(asked); err != nil {
		found.Error = err.Error()
	}
	return found
}

// environment of the arguments before the first FROM, as BuildKit's own conversion makes it.
func environment(shlex *shell.Lex, declared []instructions.ArgCommand, given map[string]string) (map[string]string, error) {
	known := map[string]string{}
	for _, command := range declared {
		for _, pair := range command.Args {
			if value, ok := given[pair.Key]; ok {
				known[pair.Key] = value
			} else if pair.Value != nil {
				value, _, err := shlex.ProcessWord(*pair.Value, lookup(known))
				if err != nil {
					return nil, err
				}
				known[pair.Key] = value
			}
		}
	}
	return known, nil
}

type lookup map[string]string

func (values lookup) Get(name string) (string, bool) {
	value, ok := values[name]
	return value, ok
}

func (values lookup) Keys() []string { return nil }

func (found *answer) read(asked question) error {
	parsed, err := parser.Parse(bytes.NewReader(asked.Text))
	if err != nil {
		return err
	}
	stages, declared, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return err
	}
	shlex := shell.NewLex(parsed.EscapeToken)
	known, err := environment(shlex, declared, asked.BuildArgs)
	if err != nil {
		return err
	}
	all := map[string]bool{}
	for _, stage := range stages {
		if stage.Name != "" {
			all[strings.ToLower(stage.Name)] = true
		}
	}
	before := map[string]bool{}
	for _, stage := range stages {
		base, _, err := shlex.ProcessWord(stage.BaseName, lookup(known))
		if err != nil {
			return err
		}
		if base != "scratch" && !before[base] {
			found.add("FROM", base, stage.Location)
		}
		if stage.Name != "" {
			before[strings.ToLower(stage.Name)] = true
		}
		found.Stages = append(found.Stages, stage.Name)
		for _, command := range stage.Commands {
			if err := found.command(command, "", all, command.Location()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (found *answer) command(command instructions.Command, prefix string, stages map[string]bool, place []parser.Range) error {
	switch each := command.(type) {
	case *instructions.CopyCommand:
		if _, err := strconv.Atoi(each.From); each.From != "" && err != nil {
			found.named(prefix+"COPY --from", each.From, stages, place)
		}
	case *instructions.RunCommand:
		for _, mount := range instructions.GetMounts(each) {
			if mount.From != "" {
				found.named(prefix+"RUN --mount", mount.From, stages, place)
			}
		}
	case *instructions.OnbuildCommand:
		parsed, err := parser.Parse(strings.NewReader(each.Expression))
		if err != nil {
			return err
		}
		trigger, err := instructions.ParseCommand(parsed.AST.Children[0])
		if err != nil {
			return err
		}
		return found.command(trigger, "ONBUILD ", stages, place)
	}
	return nil
}

func (found *answer) named(what, name string, stages map[string]bool, place []parser.Range) {
	if name != "scratch" && !stages[strings.ToLower(name)] {
		found.add(what, name, place)
	}
}

func (found *answer) add(what, name string, place []parser.Range) {
	found.Images = append(found.Images, use{what, name, place[0].Start.Line})
}
