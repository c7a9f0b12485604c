{{- /* Written by `node charts/generate.ts` from values.yaml. */ -}}
{{- define "headgate.acceptedValues" -}}
[
  {
    "path": [
      "controller",
      "enableAnnotationValidations"
    ],
    "fallback": true,
    "why": "annotations are always validated"
  },
  {
    "path": [
      "controller",
      "image",
      "chroot"
    ],
    "fallback": false,
    "why": "there is no nginx to lock in"
  },
  {
    "path": [
      "controller",
      "image",
      "digestChroot"
    ],
    "fallback": "",
    "why": "there is no nginx to lock in"
  },
  {
    "path": [
      "controller",
      "allowSnippetAnnotations"
    ],
    "fallback": false,
    "why": "nothing in an object is ever executed"
  },
  {
    "path": [
      "controller",
      "maxmindLicenseKey"
    ],
    "fallback": "",
    "why": "country databases are not supported"
  },
  {
    "path": [
      "controller",
      "maxmindMirror"
    ],
    "fallback": "",
    "why": "country databases are not supported"
  },
  {
    "path": [
      "controller",
      "autoscaling",
      "apiVersion"
    ],
    "fallback": "",
    "why": "it is autoscaling/v2, the only one there is"
  },
  {
    "path": [
      "controller",
      "enableMimalloc"
    ],
    "fallback": true,
    "why": "there is no nginx process to load it into"
  },
  {
    "path": [
      "controller",
      "customTemplate",
      "configMapName"
    ],
    "fallback": "",
    "why": "there is no nginx configuration"
  },
  {
    "path": [
      "controller",
      "customTemplate",
      "configMapKey"
    ],
    "fallback": "",
    "why": "there is no nginx configuration"
  },
  {
    "path": [
      "controller",
      "service",
      "omitClusterIP"
    ],
    "fallback": false,
    "why": "an empty clusterIP is left out already"
  },
  {
    "path": [
      "controller",
      "extraModules"
    ],
    "fallback": [],
    "why": "there is no nginx to load them"
  },
  {
    "path": [
      "controller",
      "opentelemetry"
    ],
    "fallback": {},
    "why": "there is no nginx to load it"
  },
  {
    "path": [
      "controller",
      "existingPsp"
    ],
    "fallback": "",
    "why": "Kubernetes has none since 1.25"
  },
  {
    "path": [
      "controller",
      "headers"
    ],
    "fallback": {},
    "why": "proxySetHeaders has its place"
  },
  {
    "path": [
      "controller",
      "stats"
    ],
    "fallback": {},
    "why": "/metrics has them"
  },
  {
    "path": [
      "controller",
      "admissionWebhooks",
      "existingPsp"
    ],
    "fallback": "",
    "why": "Kubernetes has none since 1.25"
  },
  {
    "path": [
      "controller",
      "admissionWebhooks",
      "networkPolicyEnabled"
    ],
    "fallback": false,
    "why": "it is `patch.networkPolicy.enabled` now"
  },
  {
    "path": [
      "controller",
      "admissionWebhooks",
      "patch",
      "runAsUser"
    ],
    "fallback": null,
    "why": "it is in `patch.securityContext` since the chart 4.3"
  },
  {
    "path": [
      "controller",
      "admissionWebhooks",
      "patch",
      "fsGroup"
    ],
    "fallback": null,
    "why": "it is in `patch.securityContext` since the chart 4.3"
  },
  {
    "path": [
      "defaultBackend",
      "autoscaling",
      "apiVersion"
    ],
    "fallback": "",
    "why": "it is autoscaling/v2, the only one there is"
  },
  {
    "path": [
      "defaultBackend",
      "existingPsp"
    ],
    "fallback": "",
    "why": "Kubernetes has none since 1.25"
  },
  {
    "path": [
      "podSecurityPolicy",
      "enabled"
    ],
    "fallback": false,
    "why": "Kubernetes has none since 1.25"
  }
]
{{- end -}}
