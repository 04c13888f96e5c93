/**
 * The definitions that the suites generate tests for: Google's APIs (npm google-proto-files,
 * Apache-2.0), protobuf's own and its test definitions (Go module google.golang.org/protobuf and
 * PyPI grpcio-tools, BSD-3-Clause), gRPC's (Go module google.golang.org/grpc, Apache-2.0),
 * protovalidate's conformance cases (Go module github.com/bufbuild/protovalidate, Apache-2.0), and
 * our own awkward ones. All but ours are read where their package managers put them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { goModule, HERE, npmFolder, protoc, protocIncludes, protovalidateModule } from './tools.ts';

export interface Source {
  readonly name: string;
  readonly includes: readonly string[];
  /** Definitions that tests are generated for. */
  readonly files: readonly string[];
  /** Go: the packages exist already (the well-known types). */
  readonly isGoKnown?: boolean;
}

const GOOGLE = `
google/api/distribution.proto google/api/http.proto google/api/metric.proto
google/bigtable/v2/bigtable.proto google/bytestream/bytestream.proto
google/cloud/speech/v1/cloud_speech.proto google/cloud/tasks/v2/cloudtasks.proto
google/cloud/tasks/v2/task.proto google/cloud/texttospeech/v1/cloud_tts.proto
google/datastore/v1/datastore.proto google/datastore/v1/entity.proto
google/example/library/v1/library.proto google/firestore/v1/firestore.proto
google/firestore/v1/write.proto google/iam/v1/iam_policy.proto google/iam/v1/policy.proto
google/logging/v2/log_entry.proto google/logging/v2/logging.proto
google/longrunning/operations.proto google/monitoring/v3/metric_service.proto
google/pubsub/v1/pubsub.proto google/rpc/error_details.proto google/rpc/status.proto
google/spanner/v1/spanner.proto google/spanner/v1/transaction.proto google/storage/v2/storage.proto
google/type/color.proto google/type/date.proto google/type/datetime.proto google/type/money.proto
google/watcher/v1/watch.proto`;

const PROTOBUF = 'any api duration empty field_mask source_context struct timestamp type wrappers';

const TESTDATA = 'cmd/protoc-gen-go/testdata';
const TESTPROTOS = 'internal/testprotos';
const GO_PROTOBUF = `
${TESTDATA}/nameclash/test_name_clash_hybrid.proto ${TESTDATA}/nameclash/test_name_clash_open.proto
${TESTDATA}/nameclash/test_name_clash_opaque.proto ${TESTDATA}/nameclash/test_name_clash_open3.proto
${TESTDATA}/nameclash/test_name_clash_hybrid3.proto ${TESTDATA}/nameclash/test_name_clash_opaque3.proto
${TESTDATA}/fieldnames/fieldnames.proto ${TESTDATA}/issue780_oneof_conflict/test.proto
${TESTDATA}/protoeditions/fields.proto ${TESTDATA}/protoeditions/maps_and_delimited.proto
${TESTDATA}/proto2/fields.proto ${TESTDATA}/proto3/fields.proto
${TESTPROTOS}/test/test.proto ${TESTPROTOS}/test3/test.proto ${TESTPROTOS}/testeditions/test.proto
${TESTPROTOS}/testeditions/testeditions_opaque/test.opaque.proto
${TESTPROTOS}/testeditions/testeditions_hybrid/test.hybrid.proto
${TESTPROTOS}/required/required.proto ${TESTPROTOS}/required/required_opaque/required.opaque.proto
${TESTPROTOS}/enums/enums.proto ${TESTPROTOS}/news/news.proto ${TESTPROTOS}/order/order.proto
${TESTPROTOS}/textpb2/test.proto ${TESTPROTOS}/textpbeditions/test2.proto
${TESTPROTOS}/lazy/lazy_tree.proto ${TESTPROTOS}/mixed/mixed.proto`;

const GO_GRPC = `
interop/stress/grpc_testing/metrics.proto profiling/proto/service.proto test/codec_perf/perf.proto
reflection/grpc_testing/test.proto reflection/grpc_testing/proto2.proto
reflection/grpc_testing/proto2_ext.proto`;

const CASES = 'buf/validate/conformance/cases';
const PROTOVALIDATE = `
${CASES}/bool.proto ${CASES}/bytes.proto ${CASES}/enums.proto ${CASES}/kitchen_sink.proto
${CASES}/maps.proto ${CASES}/messages.proto ${CASES}/numbers.proto ${CASES}/oneofs.proto
${CASES}/repeated.proto ${CASES}/strings.proto ${CASES}/wkt_any.proto ${CASES}/wkt_duration.proto
${CASES}/wkt_timestamp.proto ${CASES}/wkt_wrappers.proto ${CASES}/required_field_proto2.proto
${CASES}/required_field_proto3.proto ${CASES}/groups_proto2.proto ${CASES}/ignore_proto3.proto`;

const AWKWARD = `reserved empty nothing groups edition2023 edition2024 maps scalars wellknown nested
nopackage hyphen-and.dot wide rules`;

export function sources(): Source[] {
  const known = protocIncludes();
  const protobuf = goModule('google.golang.org/protobuf');
  const validate = join(protovalidateModule(), 'proto');
  const testing = join(validate, 'protovalidate-testing');
  const rules = join(validate, 'protovalidate');
  return [
    {
      name: 'awkward',
      includes: [join(HERE, 'definitions'), rules, known],
      files: words(AWKWARD).map((name) => `awkward/${name}.proto`),
    },
    {
      name: 'google',
      includes: [join(npmFolder(), 'google-proto-files'), known],
      files: words(GOOGLE),
    },
    {
      name: 'known',
      includes: [known],
      files: words(PROTOBUF).map((name) => `google/protobuf/${name}.proto`),
      isGoKnown: true,
    },
    {
      name: 'protobuf',
      includes: [protobuf, join(protobuf, 'src'), known],
      files: words(GO_PROTOBUF),
    },
    { name: 'grpc', includes: [goModule('google.golang.org/grpc'), known], files: words(GO_GRPC) },
    { name: 'protovalidate', includes: [testing, rules, known], files: words(PROTOVALIDATE) },
  ];
}

function words(list: string): string[] {
  return list.trim().split(/\s+/);
}

/** The descriptors of a source's files and of all that they import. */
export function descriptors(source: Source, folder: string): FileDescriptorProto[] {
  const path = join(folder, `${source.name}.binpb`);
  const includes = source.includes.map((include) => `-I${include}`);
  const args = ['--include_imports', `--descriptor_set_out=${path}`, ...includes, ...source.files];
  const { status, stderr } = protoc(args, folder);
  if (status !== 0) throw new Error(`protoc refuses ${source.name}:\n${stderr}`);
  return fromBinary(FileDescriptorSetSchema, readFileSync(path)).file;
}
