// For people with Android Studio or Gradle: the APK with the runtimes. The Linux build without them is pom.xml's.
pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositoriesMode = RepositoriesMode.FAIL_ON_PROJECT_REPOS
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "efficientmod-demo"
include(":core", ":app")
