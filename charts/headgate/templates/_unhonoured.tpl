{{- /* What the values set that has no effect, as a JSON list of { setting, why }. */ -}}
{{- define "headgate.unhonoured" -}}
{{- $found := list -}}
{{- range include "headgate.acceptedValues" . | fromJsonArray -}}
{{- $value := include "headgate.valueAt" (dict "values" $.Values "path" .path) -}}
{{- if and (ne $value "null") (ne $value (toJson .fallback)) -}}
{{- $found = append $found (dict "setting" (join "." .path) "why" .why) -}}
{{- end -}}
{{- end -}}
{{- range $name, $image := dict "controller.image" .Values.controller.image "controller.admissionWebhooks.patch.image" .Values.controller.admissionWebhooks.patch.image -}}
{{- if include "headgate.isForeignImage" $image -}}
{{- $found = append $found (dict "setting" $name "why" "it names an image of ingress-nginx; Headgate's own is used") -}}
{{- end -}}
{{- end -}}
{{- $program := include "headgate.programSettings" . | fromJson -}}
{{- range $name, $value := .Values.controller.extraArgs -}}
{{- with get $program.flags $name }}{{ $found = append $found (dict "setting" (printf "controller.extraArgs.%s" $name) "why" .) }}{{ end -}}
{{- if not (has $name $program.names.flags) -}}
{{- $found = append $found (dict "setting" (printf "controller.extraArgs.%s" $name) "why" (include "headgate.whyUnknown" (dict "name" $name "names" $program.names.flags))) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := .Values.controller.config -}}
{{- with get $program.config $name }}{{ $found = append $found (dict "setting" (printf "controller.config.%s" $name) "why" .) }}{{ end -}}
{{- if not (has $name $program.names.config) -}}
{{- $found = append $found (dict "setting" (printf "controller.config.%s" $name) "why" (include "headgate.whyUnknown" (dict "name" $name "names" $program.names.config))) -}}
{{- end -}}
{{- end -}}
{{- range $name, $flag := dict "tcp" "tcp-services-configmap" "udp" "udp-services-configmap" -}}
{{- if get $.Values $name }}{{ with get $program.flags $flag }}{{ $found = append $found (dict "setting" $name "why" .) }}{{ end }}{{ end -}}
{{- end -}}
{{- range $name, $key := dict "proxySetHeaders" "proxy-set-headers" "addHeaders" "add-headers" -}}
{{- if get $.Values.controller $name }}{{ with get $program.config $key }}{{ $found = append $found (dict "setting" (printf "controller.%s" $name) "why" .) }}{{ end }}{{ end -}}
{{- end -}}
{{- if and .Values.controller.autoscaling.enabled .Values.controller.keda.enabled -}}
{{- $found = append $found (dict "setting" "controller.autoscaling" "why" "controller.keda scales the same Deployment, and comes first") -}}
{{- end -}}
{{- if .Values.dhParam }}{{ with get $program.config "ssl-dh-param" }}{{ $found = append $found (dict "setting" "dhParam" "why" .) }}{{ end }}{{ end -}}
{{- if .Values.controller.enableTopologyAwareRouting }}{{ with get $program.flags "enable-topology-aware-routing" }}{{ $found = append $found (dict "setting" "controller.enableTopologyAwareRouting" "why" .) }}{{ end }}{{ end -}}
{{- toJson $found -}}
{{- end -}}

{{- /* The value at a path as JSON; `null` where it is absent. */ -}}
{{- define "headgate.valueAt" -}}
{{- $at := .values -}}
{{- range .path -}}
{{- if kindIs "map" $at }}{{ $at = index $at . }}{{ end -}}
{{- end -}}
{{- toJson $at -}}
{{- end -}}
