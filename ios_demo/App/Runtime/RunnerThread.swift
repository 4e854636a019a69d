import Foundation

/// One thread of the highest priority, which opens, calls and closes all sessions; nothing else runs on it.
final class RunnerThread: @unchecked Sendable {
    private let condition = NSCondition()
    private var work: [@Sendable () -> Void] = []

    init() {
        let thread = Thread { [self] in while true { next()() } }
        thread.name = "runner"
        thread.qualityOfService = .userInteractive
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Does `task` after all that was given before it.
    func run(_ task: @escaping @Sendable () -> Void) {
        condition.lock()
        work.append(task)
        condition.signal()
        condition.unlock()
    }

    private func next() -> @Sendable () -> Void {
        condition.lock()
        defer { condition.unlock() }
        while work.isEmpty { condition.wait() }
        return work.removeFirst()
    }
}

/// Waits on the runner's thread for an asynchronous result.
func waitFor<Value: Sendable>(_ make: @escaping @Sendable () async throws -> Value) throws -> Value {
    let box = ResultBox<Value>()
    Task.detached(priority: .userInitiated) {
        do { box.set(.success(try await make())) } catch { box.set(.failure(error)) }
    }
    return try box.get()
}

private final class ResultBox<Value: Sendable>: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var result: Result<Value, any Error>?

    func set(_ result: Result<Value, any Error>) {
        self.result = result
        done.signal()
    }

    func get() throws -> Value {
        done.wait()
        return try result!.get()
    }
}
