//! The allocator of the wasm build.

use std::alloc::{GlobalAlloc, Layout, System};

/// The standard allocator; but where the browser gives no more memory it says so, for a bare trap would be like any other.
/// Never inlined: in each place that allocates, it would make the core 320 kB larger.
struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// SAFETY: every call goes to `System` as it is; one that fails does not return.
unsafe impl GlobalAlloc for Allocator {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        memory_or_trap(unsafe { System.alloc(layout) })
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        memory_or_trap(unsafe { System.alloc_zeroed(layout) })
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        memory_or_trap(unsafe { System.realloc(block, layout, size) })
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

fn memory_or_trap(block: *mut u8) -> *mut u8 {
    if block.is_null() { wasm_bindgen::throw_str("out of memory") } else { block }
}
