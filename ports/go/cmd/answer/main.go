// Command answer computes the outcomes of test vectors for differential
// testing.
//
// It reads one JSON object per line with the members kind and inputs of a
// vector, and writes one per line with stage and expected. For the kind ring,
// a member expected gives the moments of the states; without it the states are
// those at the time of loading. Any other line is answered with
// {"error":"bad request"}.
package main

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"os"

	"cloakroom.dev/go/cloakroom/internal/conformance"
)

// A longer line is none of a vector.
const lineMax = 16 << 20

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(r io.Reader, w io.Writer) error {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		line, more, err := readLine(in)
		if err != nil {
			return err
		}
		if len(line) > 0 || more {
			if _, err := w.Write(append(conformance.Answer(line), '\n')); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
	}
}

// readLine returns a line without its end, and whether there was an end. Of a
// line that is too long it keeps as much as makes it a bad request.
func readLine(in *bufio.Reader) (line []byte, more bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(line) <= lineMax {
			line = append(line, part...)
		}
		switch err {
		case nil:
			if len(line) > lineMax {
				line = line[:1]
				line[0] = '!'
			}
			return bytes.TrimRight(line, "\r\n"), true, nil
		case bufio.ErrBufferFull:
		case io.EOF:
			return line, false, nil
		default:
			return nil, false, err
		}
	}
}
