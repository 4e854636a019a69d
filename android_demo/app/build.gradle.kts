// AGP 9 compiles Kotlin by itself: no Kotlin plugin here.
plugins {
    alias(libs.plugins.android.application)
}

android {
    namespace = "io.github.efficientmod.demo"
    compileSdk = libs.versions.sdk.get().toInt()

    defaultConfig {
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.sdk.get().toInt()
        versionCode = 1
        versionName = "0.1.0"
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
    }

    // Which ExecuTorch: the two are different libraries with the same classes.
    flavorDimensions += "executorch"
    productFlavors {
        create("xnnpack")
        create("vulkan")
    }

    buildTypes {
        release {
            // Times of a debug build do not count, so a release must install from here; sign your own for a store.
            signingConfig = signingConfigs.getByName("debug")
            isMinifyEnabled = false
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    packaging {
        jniLibs {
            // Uncompressed and mapped from the APK, aligned to pages of 16 KB.
            useLegacyPackaging = false
            pickFirsts += "**/libc++_shared.so"
        }
    }
}

// The tests are Maven's: they need the repository's vectors and Robolectric's classes (android_demo/run_tests).

dependencies {
    implementation(project(":core"))
    implementation(libs.litert)
    implementation(libs.litert.gpu)
    "xnnpackImplementation"(libs.executorch.xnnpack)
    "vulkanImplementation"(libs.executorch.vulkan)
}
