"""Models of the registry as providers: `registry/<name>:<label>#<digest>`.

`naming` leads from a `model:` name to such a target, `provider` from the target to what answers. Files of the format
ONNX run here, in the worker (`classifier`, on `session`, kept by `memory`); a hosted version leads on to its service
(`hosted`). Registering, choosing and checking versions is the registry's.
"""
