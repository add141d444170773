package dev.rpn.cli;

/**
 * What a benchmark found.
 *
 * @param kernels that computed
 * @param threads that computed
 * @param medianMs of a call
 * @param p99Ms what 99 of 100 calls stay below
 * @param calls measured
 * @param bytesPerCall allocated on the heap by all threads
 * @param directGflops operations of the direct 3x3 convolution over the median time, in 10^9 a
 *     second
 * @param peakGflops what this machine's multiply-add units can do on as many threads
 */
record BenchResult(
    String kernels,
    int threads,
    double medianMs,
    double p99Ms,
    int calls,
    double bytesPerCall,
    double directGflops,
    double peakGflops) {}
