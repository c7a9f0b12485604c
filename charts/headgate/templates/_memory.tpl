{{- /* Memory in MiB that cannot be given back: of the process, and of each worker; as src/cli/memory-needs.ts has it. */ -}}
{{- define "headgate.memoryNeeds" -}}
{"process": 96, "worker": 32}
{{- end -}}

{{- /* A quantity of memory in MiB; 0 for what is none. */ -}}
{{- define "headgate.mebibytes" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9]+([.][0-9]+)?" $text | default "0" | float64 -}}
{{- $factors := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "m" 0.001 -}}
{{- $factor := get $factors (regexReplaceAll "^[0-9]+([.][0-9]+)?" $text "") | default 0.0 -}}
{{- divf (mulf $number $factor) 1048576.0 | floor | int -}}
{{- end -}}

{{- /* What the notes say where the limit is too small for the workers that the values ask for; else nothing. */ -}}
{{- define "headgate.memoryNote" -}}
{{- $c := .Values.controller -}}
{{- $limit := dig "limits" "memory" "" $c.resources -}}
{{- if $limit -}}
{{- $needs := include "headgate.memoryNeeds" . | fromJson -}}
{{- $asked := get $c.config "worker-processes" | default (get $c.extraArgs "worker-processes") | default "auto" | toString -}}
{{- $workers := ternary (int $asked) 1 (regexMatch "^[1-9][0-9]*$" $asked) -}}
{{- $needed := add (int $needs.process) (mul $workers (int $needs.worker)) -}}
{{- if lt (include "headgate.mebibytes" $limit | int) (int $needed) -}}
controller.resources.limits.memory is {{ $limit }}: {{ $workers }} worker{{ if ne $workers 1 }}s{{ end }} (worker-processes: {{ $asked }}) need {{ $needed }}Mi, and objects come on top.
{{- end -}}
{{- end -}}
{{- end -}}
