// Package tools names what is built from this module: actionlint, as test/feature/release.test.ts says.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
