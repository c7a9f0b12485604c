// Package tools names what is built from this module: h2spec, as test/support/h2spec.ts says.
package tools

import _ "github.com/summerwind/h2spec/cmd/h2spec"
