package dev.rpn.io.weights;

import dev.rpn.model.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A constant of an ONNX graph (a {@code TensorProto}): what it is and where its bytes are.
 *
 * @param name the value's name in the graph
 * @param type its {@code DataType}
 * @param sides as written, unchecked
 * @param source the field that holds its values, 0 if none does
 * @param bytes of that field
 * @param start the message's first byte in the file
 * @param end the byte after its last
 */
record OnnxTensor(
    String name, long type, List<Long> sides, int source, long bytes, long start, long end) {
  private static final int MOST_SIDES = 32;
  private static final int CHUNK = 1 << 16;
  private static final int RAW_DATA = 9;

  /** {@code TensorProto.DataType}. */
  private static final List<String> TYPES =
      List.of(
          "UNDEFINED",
          "FLOAT",
          "UINT8",
          "INT8",
          "UINT16",
          "INT16",
          "INT32",
          "INT64",
          "STRING",
          "BOOL",
          "FLOAT16",
          "DOUBLE",
          "UINT32",
          "UINT64",
          "COMPLEX64",
          "COMPLEX128",
          "BFLOAT16",
          "FLOAT8E4M3FN",
          "FLOAT8E4M3FNUZ",
          "FLOAT8E5M2",
          "FLOAT8E5M2FNUZ",
          "UINT4",
          "INT4",
          "FLOAT4E2M1",
          "FLOAT8E8M0",
          "UINT2",
          "INT2");

  /** Looks through the message that the reader has entered. */
  static OnnxTensor scan(ProtoReader in) throws IOException {
    in.keepObject();
    long start = in.position();
    var sides = new ArrayList<Long>();
    String name = "";
    long type = 0;
    int source = 0;
    long bytes = 0;
    boolean external = false;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> in.repeated(ProtoReader.VARINT, () -> sides.add(in.kept(in.nextVarint())));
        case 2 -> type = in.varint();
        case 8 -> name = in.text();
        // float_data, int32_data, string_data, int64_data, raw_data, double_data, uint64_data
        case 4, 5, 6, 7, RAW_DATA, 10, 11 -> {
          if (source != 0 && (source != in.field() || source == RAW_DATA)) {
            throw in.place()
                .tensor(name)
                .at(in.position())
                .wrong("values in one field", "fields " + source + " and " + in.field());
          }
          source = in.field();
          bytes += in.skip();
        }
        case 13 -> {
          external = true;
          in.skip();
        }
        case 14 -> external |= in.varint() == 1;
        default -> in.skip();
      }
    }
    if (external) {
      throw in.place()
          .tensor(name)
          .unsupported("external data is not read: save the model with its weights inside");
    }
    return new OnnxTensor(name, type, List.copyOf(sides), source, bytes, start, in.limit());
  }

  /** The same under the name of the node's output that gives it. */
  OnnxTensor named(String output) {
    return new OnnxTensor(output, type, sides, source, bytes, start, end);
  }

  /**
   * Its sides, now that it is to be read: type and bytes are checked, so that what is allocated for
   * it is in the file.
   */
  List<Integer> shape(Place file) throws IOException {
    Place place = file.tensor(name);
    FloatFormat format = format(place);
    if (sides.size() > MOST_SIDES) {
      throw place.limit("at most " + MOST_SIDES + " sides", sides.size());
    }
    long count = 1;
    for (long side : sides) {
      if (side < 0 || side > Integer.MAX_VALUE) {
        throw place.limit("sides of 0 to 2147483647", sides);
      }
      count *= side;
      if (count > Integer.MAX_VALUE) {
        throw place.limit("at most 2147483647 values", "shape " + sides);
      }
    }
    if (source != 0 && source != RAW_DATA && source != typedField(format)) {
      throw place.wrong(
          "values of " + typeName() + " in field " + typedField(format) + " or 9", source);
    }
    // The bits of 16-bit types are varints of one to ten bytes.
    boolean varints = source == 5;
    boolean fits =
        varints ? bytes >= count && bytes <= 10 * count : bytes == count * format.bytes();
    if (!fits) {
      throw place.wrong(
          (varints ? count + " varints" : count * format.bytes() + " bytes")
              + " for "
              + typeName()
              + " "
              + sides,
          bytes + (varints ? " bytes" : ""));
    }
    return sides.stream().map(Long::intValue).toList();
  }

  /** Reads the values, in their order in the file. */
  Tensor read(ProtoReader in) throws IOException {
    Place place = in.place().tensor(name);
    FloatFormat format = format(place);
    Tensor tensor = TensorFile.allocate(place, shape(in.place()));
    int[] done = {0};
    in.reopen(start, end);
    while (in.next()) {
      if (in.field() != source) {
        in.skip();
      } else if (source == RAW_DATA) {
        readRaw(in, format, tensor);
        done[0] = tensor.size();
      } else {
        in.repeated(
            wire(format),
            () -> {
              float value = value(in, format);
              if (done[0] == tensor.size()) {
                throw place.wrong(tensor.size() + " values", "more");
              }
              tensor.set(done[0]++, value);
            });
      }
    }
    if (done[0] != tensor.size()) {
      throw place.wrong(tensor.size() + " values", done[0]);
    }
    return tensor;
  }

  private static void readRaw(ProtoReader in, FloatFormat format, Tensor tensor)
      throws IOException {
    long outer = in.enter();
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
    int step = CHUNK / format.bytes();
    for (int done = 0; done < tensor.size(); done += step) {
      int count = Math.min(step, tensor.size() - done);
      in.bytes(chunk.clear().limit(count * format.bytes()));
      format.decode(MemorySegment.ofBuffer(chunk.flip()), count, tensor.data(), done);
    }
    in.leave(outer);
  }

  private static int typedField(FloatFormat format) {
    return switch (format) {
      case F32 -> 4;
      case F64 -> 10;
      case F16, BF16 -> 5;
    };
  }

  private static int wire(FloatFormat format) {
    return switch (format) {
      case F32 -> ProtoReader.FIXED32;
      case F64 -> ProtoReader.FIXED64;
      case F16, BF16 -> ProtoReader.VARINT;
    };
  }

  private static float value(ProtoReader in, FloatFormat format) throws IOException {
    return switch (format) {
      case F32 -> in.nextFloat();
      case F64 -> (float) in.nextDouble();
      case F16 -> Float.float16ToFloat((short) in.nextVarint());
      case BF16 -> Float.intBitsToFloat((int) in.nextVarint() << 16);
    };
  }

  private FloatFormat format(Place place) throws IOException {
    FloatFormat format = floatFormat();
    if (format == null) {
      throw place.unsupported(
          "data type "
              + typeName()
              + " is not read as a weight: expected FLOAT, DOUBLE, FLOAT16 or BFLOAT16");
    }
    return format;
  }

  private @Nullable FloatFormat floatFormat() {
    return switch (typeName()) {
      case "FLOAT" -> FloatFormat.F32;
      case "DOUBLE" -> FloatFormat.F64;
      case "FLOAT16" -> FloatFormat.F16;
      case "BFLOAT16" -> FloatFormat.BF16;
      default -> null;
    };
  }

  /** Its type as safetensors names it. */
  String code() {
    FloatFormat format = floatFormat();
    return format == null ? typeName() : format.name();
  }

  private String typeName() {
    return type >= 0 && type < TYPES.size() ? TYPES.get((int) type) : Long.toString(type);
  }

  /**
   * Turns a kernel's axes around, rows and columns taken as one: OIHW to HWIO and back.
   *
   * @param first the first axis of the kernel that is given, or the first two of HWIO
   * @param middle its axis of inputs
   */
  static void reverse(Tensor from, int first, int middle, Tensor to) {
    int last = first * middle == 0 ? 0 : from.size() / first / middle;
    for (int i = 0; i < first; i++) {
      for (int j = 0; j < middle; j++) {
        int index = (i * middle + j) * last;
        for (int k = 0; k < last; k++) {
          to.set((k * middle + j) * first + i, from.get(index + k));
        }
      }
    }
  }
}
