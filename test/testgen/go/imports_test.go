// Package imports names what the generated tests import, so that go.mod holds their versions.
package imports

import (
	_ "buf.build/go/protovalidate"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	_ "google.golang.org/grpc"
	_ "google.golang.org/grpc/test/bufconn"
	_ "google.golang.org/protobuf/proto"
)
