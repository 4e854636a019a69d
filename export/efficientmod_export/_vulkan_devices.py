"""Asks a Vulkan driver for its devices: run as a script, which needs nothing of the package, with the driver chosen.

It prints a JSON list of [name, version, version of Vulkan, whether it is software]. A driver that ends the process ends
nothing else. The numbers and layouts are those of vulkan_core.h.
"""

import ctypes
import json
import struct

LIBRARY = "libvulkan.so.1"
VULKAN_1_2 = 1 << 22 | 2 << 12
APPLICATION_INFO, INSTANCE_CREATE_INFO, PROPERTIES_2, DRIVER_PROPERTIES = 0, 1, 1000059001, 1000196000
DEVICE_TYPE_CPU = 4
MOST_DEVICES = 16
ROOM = 2048  # VkPhysicalDeviceProperties2 has 840 bytes
NAME = 256


def devices() -> list[tuple[str, str, str, bool]]:
    """Raises OSError without the loader, RuntimeError where the driver makes no instance."""
    library = ctypes.CDLL(LIBRARY)
    application = ctypes.create_string_buffer(struct.pack("@iPPIPII", APPLICATION_INFO, 0, 0, 0, 0, 0, VULKAN_1_2))
    creation = struct.pack("@iPIPIPIP", INSTANCE_CREATE_INFO, 0, 0, ctypes.addressof(application), 0, 0, 0, 0)
    instance = ctypes.c_void_p()
    result = library.vkCreateInstance(ctypes.create_string_buffer(creation), None, ctypes.byref(instance))
    if result:
        raise RuntimeError(f"vkCreateInstance returned {result}")
    count, handles = ctypes.c_uint32(MOST_DEVICES), (ctypes.c_void_p * MOST_DEVICES)()
    library.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), handles)
    return [_described(library, ctypes.c_void_p(handle)) for handle in handles[: count.value]]


def _described(library: ctypes.CDLL, device: ctypes.c_void_p) -> tuple[str, str, str, bool]:
    driver = ctypes.create_string_buffer(struct.pack("@iP", DRIVER_PROPERTIES, 0), ROOM)
    asked = ctypes.create_string_buffer(struct.pack("@iP", PROPERTIES_2, ctypes.addressof(driver)), ROOM)
    library.vkGetPhysicalDeviceProperties2(device, asked)
    start = struct.calcsize("@iP")
    api, version, _, _, kind = struct.unpack_from("@5I", asked, start)
    name = _text(asked.raw, start + struct.calcsize("@5I"))
    told = _text(driver.raw, start + struct.calcsize("@I") + NAME)
    return name, told or _numbers(version), _numbers(api), kind == DEVICE_TYPE_CPU


def _text(raw: bytes, start: int) -> str:
    return raw[start : start + NAME].partition(b"\0")[0].decode("utf-8", "replace")


def _numbers(version: int) -> str:
    return f"{version >> 22}.{version >> 12 & 0x3FF}.{version & 0xFFF}"


if __name__ == "__main__":
    print(json.dumps(devices()))
