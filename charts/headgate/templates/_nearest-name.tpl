{{- /* The name of `names` that shares most pairs of letters with `name`; empty where none is like it. */ -}}
{{- define "headgate.nearestName" -}}
{{- $name := trunc 80 .name -}}
{{- $pairs := list -}}
{{- range $at := until (int (max 0 (sub (len $name) 1))) -}}
{{- $pairs = append $pairs (substr $at (int (add $at 2)) $name) -}}
{{- end -}}
{{- $best := "" -}}
{{- $bestScore := 54 -}}
{{- range $candidate := .names -}}
{{- $common := 0 -}}
{{- range $pairs }}{{ if contains . $candidate }}{{ $common = add1 $common }}{{ end }}{{ end -}}
{{- $score := div (mul 200 $common) (max 1 (add (len $pairs) (len $candidate) -1)) -}}
{{- if gt $score $bestScore }}{{ $best = $candidate }}{{ $bestScore = $score }}{{ end -}}
{{- end -}}
{{- $best -}}
{{- end -}}

{{- /* Why a name that the program does not know has no effect. */ -}}
{{- define "headgate.whyUnknown" -}}
{{- with include "headgate.nearestName" . }}unknown, no effect; did you mean {{ . }}?{{ else }}unknown, no effect; correct or remove it{{ end -}}
{{- end -}}
