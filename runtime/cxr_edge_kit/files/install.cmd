@echo off
rem Installs cxr-edge from this folder, without a network and without being an administrator:
rem
rem   install.cmd [FOLDER]      FOLDER: for the program (default: cxr-edge in your home folder)
rem
rem It finds a Python {{ python }} and lets install.py do the rest.
setlocal
set "HERE=%~dp0"
set "STATUS=1"

rem First the files that check all others.
{% for name, sha256 in first %}
call :check {{ name }} {{ sha256 }}
if errorlevel 1 goto end
{% endfor %}

set "VERSION=import sys; sys.exit(sys.version_info[:2] != ({{ python | replace(".", ", ") }}))"
set "PYTHON="
py -{{ python }} -c "%VERSION%" >nul 2>nul
if not errorlevel 1 set "PYTHON=py -{{ python }}"
if defined PYTHON goto install
python -c "%VERSION%" >nul 2>nul
if not errorlevel 1 set "PYTHON=python"
if defined PYTHON goto install
echo install.cmd: found no Python {{ python }}. Install it (64-bit, from its installer), or make a kit for another.
goto end

:install
%PYTHON% -I -B "%HERE%install.py" %*
if errorlevel 1 goto end
set "STATUS=0"

:end
rem A window that a double click opened would close before anybody has read it.
if "%~1"=="" pause
exit /b %STATUS%

:check
if not exist "%HERE%%~1" (
  echo %~1: missing. Copy the kit again.
  exit /b 1
)
certutil -hashfile "%HERE%%~1" SHA256 | findstr /i "%~2" >nul
if errorlevel 1 (
  echo %~1: changed. Copy the kit again.
  exit /b 1
)
exit /b 0
