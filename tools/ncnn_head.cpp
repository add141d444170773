// Times the proposal head in ncnn: feature map to probabilities and deltas, batch 1, float32, random weights.
//
//     ncnn_head H W C K THREADS f23|best SECONDS
//
// f23 allows its Winograd F(2x2,3x3) only, best leaves it the choice. Prints the median and the fastest call.
// Built against ncnn as its own CMake project makes it (Release, NCNN_RUNTIME_CPU=OFF, NCNN_AVX512=ON where the processor has it):
//
//     g++ -O2 -fopenmp -I ncnn/src -I ncnn/build/src tools/ncnn_head.cpp ncnn/build/src/libncnn.a -o ncnn_head
#include "datareader.h"
#include "net.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

// A model file of random weights; four bytes are the tag that says float32.
struct RandomWeights : ncnn::DataReader {
  mutable std::mt19937 random{1};

  int scan(const char*, void*) const override { return 0; }

  size_t read(void* to, size_t bytes) const override {
    if (bytes == 4) {
      memset(to, 0, 4);
      return 4;
    }
    std::normal_distribution<float> normal(0, 0.01f);
    float* values = static_cast<float*>(to);
    for (size_t i = 0; i < bytes / 4; i++) values[i] = normal(random);
    return bytes;
  }
};

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int main(int count, char** arguments) {
  std::string algorithm = count == 8 ? arguments[6] : "";
  if (algorithm != "f23" && algorithm != "best") {
    fprintf(stderr, "usage: ncnn_head H W C K THREADS f23|best SECONDS\n");
    return 2;
  }
  int h = atoi(arguments[1]), w = atoi(arguments[2]), c = atoi(arguments[3]), k = atoi(arguments[4]);
  bool f23 = algorithm == "f23";
  double limit = atof(arguments[7]);

  ncnn::UnlockedPoolAllocator blobs;
  ncnn::PoolAllocator workspace;
  ncnn::Net net;
  net.opt.num_threads = atoi(arguments[5]);
  net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = false;
  net.opt.blob_allocator = &blobs;
  net.opt.workspace_allocator = &workspace;
  net.opt.use_winograd43_convolution = net.opt.use_winograd63_convolution = !f23;
  char graph[1000];
  snprintf(graph, sizeof graph,
           "7767517\n5 6\nInput in 0 1 in\nConvolution hidden 1 1 in h 0=%d 1=3 4=1 5=1 6=%d 9=1\nSplit split 1 2 h h0 h1\n"
           "Convolution classification 1 1 h0 p 0=%d 1=1 5=1 6=%d 9=4\nConvolution location 1 1 h1 d 0=%d 1=1 5=1 6=%d\n",
           c, 9 * c * c, k, c * k, 4 * k, 4 * c * k);
  if (net.load_param_mem(graph) || net.load_model(RandomWeights())) return 1;

  ncnn::Mat in(w, h, c);
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  for (int channel = 0; channel < c; channel++) {
    float* plane = in.channel(channel);
    for (int i = 0; i < h * w; i++) plane[i] = normal(random);
  }
  std::vector<double> calls;
  for (double start = seconds(); calls.size() < 5 || seconds() - start < limit;) {
    double before = seconds();
    ncnn::Extractor extractor = net.create_extractor();
    extractor.input("in", in);
    ncnn::Mat probabilities, deltas;
    extractor.extract("p", probabilities);
    extractor.extract("d", deltas);
    calls.push_back((seconds() - before) * 1e3);
  }
  std::sort(calls.begin(), calls.end());
  printf("ncnn %s %dx%dx%dx%d, %s thread(s): median %.2f ms, best %.2f, %zu calls\n", arguments[6], h, w, c, k, arguments[5],
         calls[calls.size() / 2], calls[0], calls.size());
}
