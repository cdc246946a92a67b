#!/bin/bash
# Start TensorFlow's notebook server in a container that sees the GPU, and keep it running.
set -euo pipefail

image="tensorflow/tensorflow:latest-gpu-py3"
port=8888

if docker inspect tensorflow >/dev/null 2>&1; then
    docker rm -f tensorflow
fi
docker pull "$image"
docker run -d --runtime=nvidia --restart=always --name tensorflow -p "$port:8888" "$image"

for attempt in $(seq 1 30); do
    if docker exec tensorflow nvidia-smi >/dev/null 2>&1; then
        echo "TensorFlow is up on port $port (attempt $attempt)"
        exit 0
    fi
    sleep 2
done
echo "the container does not see the GPU" >&2
exit 1
