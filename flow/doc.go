// Package flow decides how much runs at once: requests, bytes and CPU work.
//
// It is the only package that starts goroutines. What it is given are plain
// functions; what it hands back is their first error, after all of them ended.
// No goroutine outlives the call that started it or, with [Every] and [NewStop],
// the call of what they return; [Leave] alone may leave one behind. A context
// that ends says why in its cause.
//
//	Each file -> [Budget, bytes] -> Limiter: get -> [Workers: map] -> Limiter: put
//
// Each limit follows one thing:
//
//   - a [Limiter] follows one store: how many requests, and how many a second,
//     it answers without refusing or slowing down;
//   - a [Budget] follows memory: bytes of the files in hand;
//   - [Workers] follows the CPU: as many at once as there are cores;
//   - a [Retrier] follows a store's faults: how often to ask again, and how
//     often all requests together may.
//
// [Each], [Together] and [Ahead] run functions side by side; [Ordered] works on
// items beside the one who fills them and the one who takes them, in one order;
// [Lanes] has several fill them, each a part; [Carry] takes bytes from one to the other. [Every] runs a function now and
// then, [NewStop] turns signals into an end of intake and, later, of the work
// itself; [Leave] walks away from what nothing can cancel.
//
// Standard library only.
package flow
