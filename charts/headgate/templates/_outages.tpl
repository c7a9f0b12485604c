{{- /* Fails where a setting has no effect and its lack would be an outage, unless controller.acceptUnsupported names it. */ -}}
{{- define "headgate.checkOutages" -}}
{{- $program := include "headgate.programSettings" . | fromJson -}}
{{- range $name, $outage := $program.outages -}}
{{- $value := tpl (include "headgate.text" (get $.Values.controller.config $name | default $outage.fallback)) $ -}}
{{- if and (ne $value $outage.fallback) (not (has $name $.Values.controller.acceptUnsupported)) -}}
{{- fail (printf "controller.config.%s is %q, which this version does not support yet: %s. Remove it there and here, or add %q to controller.acceptUnsupported to install all the same." $name $value $outage.why $name) -}}
{{- end -}}
{{- end -}}
{{- range .Values.controller.acceptUnsupported -}}
{{- if not (hasKey $program.outages .) -}}
{{- fail (printf "controller.acceptUnsupported has %q, which is none of: %s" . (keys $program.outages | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
