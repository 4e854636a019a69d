plugins {
    alias(libs.plugins.kotlin.jvm)
    alias(libs.plugins.kotlin.serialization)
}

java {
    sourceCompatibility = JavaVersion.VERSION_17
    targetCompatibility = JavaVersion.VERSION_17
}

kotlin {
    compilerOptions {
        jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_17
    }
}

// The tests are Maven's: they call LiteRT's library of the Python package, and need the repository's vectors.
sourceSets["test"].kotlin.setSrcDirs(emptyList<String>())

dependencies {
    api(libs.serialization.json)
}
