"""Training steps of this engine and of torch (fused Adam) in turns of a second: the head 38 x 50 x 512, k = 9, BCE + MSE.

    python tools/step_turns.py [JAVA=java] [THREADS=2] [TURNS=40]

from the project's root, where rpn-bench is packaged, with torch in the environment. Whoever disturbs the machine disturbs both:
the median of a turn's ratio says more than two programs one after the other. The same with the engine on one thread: THREADS=2/1.
"""
import statistics, subprocess, sys, time

java, threads, turns = (sys.argv[1:] + ["java", "2", "40"][len(sys.argv) - 1:])[:3]
H, W, C, K = 38, 50, 512, 9


class Engine:
    def __init__(self, threads):
        command = [java, "--add-modules", "jdk.incubator.vector", "-cp", "rpn-bench/target/benchmarks.jar",
                   "dev.rpn.bench.StepTurns", f"{H}x{W}x{C}x{K}", threads]
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)
        except OSError as e:
            sys.exit(f"{java}: {e.strerror}")
        while (line := self.process.stdout.readline().strip()) != "ready":
            if not line and self.process.poll() is not None:
                sys.exit(f"the engine ended with {self.process.returncode}: is rpn-bench/target/benchmarks.jar there, and {java} a JDK 25?")

    def run(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        return [float(v) for v in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Torch:
    def __init__(self, threads):
        import torch
        from torch import nn
        from torch.nn import functional as F
        torch.set_num_threads(int(threads))

        class Head(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv, self.cls, self.loc = nn.Conv2d(C, C, 3, padding=1), nn.Conv2d(C, K, 1), nn.Conv2d(C, 4 * K, 1)

            def forward(self, x):
                hidden = F.relu(self.conv(x))
                return torch.sigmoid(self.cls(hidden)), self.loc(hidden)

        head = Head()
        adam = torch.optim.Adam(head.parameters(), fused=True)
        x, objects, deltas = torch.randn(1, C, H, W), (torch.rand(1, K, H, W) > 0.9).float(), torch.randn(1, 4 * K, H, W)

        def step():
            adam.zero_grad()
            probabilities, found = head(x)
            (F.binary_cross_entropy(probabilities, objects) + F.mse_loss(found, deltas)).backward()
            adam.step()

        self.step = step
        self.run(2)

    def run(self, seconds):
        times, end = [], time.perf_counter() + seconds
        self.step()  # The other program had the caches.
        while time.perf_counter() < end:
            before = time.perf_counter()
            self.step()
            times.append((time.perf_counter() - before) * 1e3)
        return times

    def close(self):
        pass


first, _, second = threads.partition("/")
names = [f"engine, {first} threads", f"engine, {second} threads" if second else f"torch, {first} threads"]
programs = [Engine(first), Engine(second) if second else Torch(first)]
all_times, ratios = [[], []], []
for turn in range(int(turns)):
    order = (0, 1) if turn % 2 == 0 else (1, 0)
    times = {i: programs[i].run(1) for i in order}
    for i in order:
        all_times[i] += times[i]
    ratios.append(statistics.median(times[1]) / statistics.median(times[0]))
for program in programs:
    program.close()
for name, times in zip(names, all_times):
    print(f"{name}: median {statistics.median(times):.1f} ms, best {min(times):.1f} ms, {len(times)} steps")
low, middle, high = statistics.quantiles(ratios, n=4)
print(f"second over first, median of {turns} turns: {middle:.2f} (quartiles {low:.2f}, {high:.2f}); of best steps {min(all_times[1]) / min(all_times[0]):.2f}")
