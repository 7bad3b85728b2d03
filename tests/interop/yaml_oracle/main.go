// Reads YAML as programs in Go read it: a JSON string a line on standard input, what it holds on
// standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	v3 "gopkg.in/yaml.v3"
	kubernetes "sigs.k8s.io/yaml"
)

type answer struct {
	Kubernetes json.RawMessage `json:"kubernetes,omitempty"`
	Docker     json.RawMessage `json:"docker,omitempty"`
}

// guarded gives nothing where a reader fails.
func guarded(read func() (json.RawMessage, error)) (found json.RawMessage) {
	defer func() {
		if recover() != nil {
			found = nil
		}
	}()
	found, err := read()
	if err != nil {
		return nil
	}
	return found
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			panic(err)
		}
		told, err := json.Marshal(answer{
			Kubernetes: guarded(func() (json.RawMessage, error) {
				return kubernetes.YAMLToJSON([]byte(text))
			}),
			Docker: guarded(func() (json.RawMessage, error) {
				var value any
				if err := v3.Unmarshal([]byte(text), &value); err != nil {
					return nil, err
				}
				return json.Marshal(value)
			}),
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(string(told))
	}
}
