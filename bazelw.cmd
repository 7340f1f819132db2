@echo off
rem Runs Bazel in this repository with the given arguments, from whatever folder
rem it is called:  bazelw test //tests/...
rem
rem Uses an installed bazelisk or bazel; if neither is installed, bazelisk
rem through npx. Not tested yet, as no machine of the project has had Windows.

setlocal DisableDelayedExpansion
set "package=@bazel/bazelisk@1.28.1"

rem Bazel finds the repository from any folder inside it. From another folder,
rem go to the repository and keep the user's folder in a variable: `bazel run`
rem passes programs the folder in which Bazel was started instead.
set "here=%CD%\"
call set "rest=%%here:%~dp0=%%"
if not "%rest%"=="%here%" goto inside
set "BAZELW_WORKING_DIRECTORY=%CD%"
cd /d "%~dp0"
:inside

where bazelisk >nul 2>nul || goto bazel
where bazel >nul 2>nul || goto bazelisk
call bazelisk --version >nul 2>nul && goto bazelisk
echo bazelw: bazelisk cannot download Bazel here; using the installed bazel>&2
goto bazel

:bazelisk
call bazelisk %*
exit /b %ERRORLEVEL%

:bazel
where bazel >nul 2>nul || goto npx
call bazel %*
exit /b %ERRORLEVEL%

:npx
set "tried=there is no npx"
where npx >nul 2>nul || goto nothing
echo bazelw: no bazelisk and no bazel here; trying npx %package%>&2
set "tried=bazelisk through npx could not download Bazel"
call npx --yes %package% --version <nul >nul 2>nul || goto nothing
call npx --yes %package% %*
exit /b %ERRORLEVEL%

:nothing
echo bazelw: found no Bazel and could not get one (%tried%): install bazelisk>&2
echo bazelw: (winget install Bazel.Bazelisk) and run this again, in a new window.>&2
exit /b 1
