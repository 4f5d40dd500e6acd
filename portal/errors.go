package portal

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// apiError is a failure that the server's exception handler reports.
type apiError struct {
	status  int
	message string
	typ     string // .NET type; empty: no type and no stack
	hresult int32
}

func (e *apiError) Error() string { return e.message }

const (
	hresultArgument   = -2147024809
	hresultNull       = -2147467261
	hresultException  = -2146233088
	hresultExternal   = -2147467259
	hresultSecurity   = -2146233078
	hresultInvalid    = -2146233079
	hresultCancelled  = -2146233029
	hresultFormat     = -2146233033
	hresultHTTP       = -2146232800
	hresultTLS        = -2146233087
	hresultOutOfRange = -2146233080
)

func errArgument(message string) error {
	return &apiError{http.StatusBadRequest, message, "System.ArgumentException", hresultArgument}
}

func errArgumentNull(parameter string) error {
	return &apiError{http.StatusBadRequest, "Value cannot be null. (Parameter '" + parameter + "')", "System.ArgumentNullException", hresultNull}
}

func errDenied() error {
	return &apiError{http.StatusForbidden, "Access denied", "System.Security.SecurityException", hresultSecurity}
}

func errNotFound() error {
	return &apiError{http.StatusNotFound, "The record could not be found", "ASC.Common.Web.ItemNotFoundException", hresultException}
}

func errNullReference() error {
	return &apiError{http.StatusInternalServerError, "Object reference not set to an instance of an object.", "System.NullReferenceException", hresultNull}
}

// errUnsupported is a NotSupportedException, which is told without its type.
func errUnsupported(message string) error {
	return &apiError{status: http.StatusUnsupportedMediaType, message: message}
}

// errUnsaved is the database's refusal of a change.
func errUnsaved() error {
	return &apiError{
		http.StatusInternalServerError, "An error occurred while saving the entity changes. See the inner exception for details.",
		"Microsoft.EntityFrameworkCore.DbUpdateException", hresultException,
	}
}

// errCrash kills the server's process: the connection ends without an answer.
var errCrash = errors.New("the server's process dies")

// problemsError are the complaints about one request, by field. The server
// lists fields by the length of their names, then by the alphabet.
type problemsError []problem

type problem struct{ field, text string }

func (p problemsError) Error() string { return fmt.Sprintf("%d validation problems", len(p)) }

func (p problemsError) sorted() problemsError {
	return slices.SortedStableFunc(slices.Values(p), func(a, b problem) int {
		return cmp.Or(cmp.Compare(len(a.field), len(b.field)), strings.Compare(strings.ToLower(a.field), strings.ToLower(b.field)))
	})
}
